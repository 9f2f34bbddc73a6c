#include "protocol/prompt_request.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include "protocol/chat/chat_messages.hpp"
#include "protocol/chat/chat_request.hpp"
#include "protocol/completion_json.hpp"
#include "protocol/json_body.hpp"
#include "src/core/json_reader.hpp"
#include "src/core/utf8.hpp"

namespace octavo {

namespace json = boost::json;

Result<TokenizeRequest> parse_tokenize(std::string_view body, std::size_t max_depth) {
  const auto object = parse_json_object(body, "the body", max_depth);
  if (!object) return object.error();
  TokenizeRequest request;
  ResponseCreate& create = request.create;
  JsonReader fields(*object);
  fields.read("model", create.model);
  fields.read("add_special_tokens", create.add_special_tokens);
  fields.read("return_token_strs", request.return_token_strs);
  const auto* messages = fields.find("messages");
  if (messages == nullptr) {
    std::string prompt;
    if (!fields.read("prompt", prompt)) fields.wrong("prompt", "a string, or send `messages`");
    create.prompt_text = std::move(prompt);
  } else {
    read_prompt_shape(fields, create);
  }
  if (fields.error()) return *fields.error();
  if (messages == nullptr) return request;
  auto read = chat_messages_of(*messages);
  if (!read) return read.error();
  create.input = std::move(*read);
  return request;
}

Result<std::vector<TokenId>> parse_detokenize(std::string_view body, const ServedModel& model,
                                              std::size_t max_depth) {
  const auto object = parse_json_object(body, "the body", max_depth);
  if (!object) return object.error();
  JsonReader fields(*object);
  std::vector<TokenId> tokens;
  if (!fields.read("tokens", tokens)) fields.wrong("tokens", "a list of token ids");
  for (const TokenId token : tokens) {
    if (token < 0 || token >= model.vocab_size)
      fields.wrong("tokens", "a list of ids below " + std::to_string(model.vocab_size));
  }
  if (fields.error()) return *fields.error();
  return tokens;
}

std::string tokenize_body(const TokenizeRequest& request, const Prompt& prompt,
                          const ServedModel& model) {
  json::object body{{"count", prompt.tokens.size()},
                    {"max_model_len", model.max_model_len},
                    {"tokens", token_ids_json(prompt.tokens)},
                    {"token_strs", nullptr}};
  if (request.return_token_strs) {
    json::array pieces;
    for (const TokenId token : prompt.tokens)
      pieces.push_back(json::string(replace_broken_utf8(model.tokenizer->piece(token))));
    body["token_strs"] = std::move(pieces);
  }
  return json::serialize(body);
}

std::string detokenize_body(const std::vector<TokenId>& tokens, const ServedModel& model) {
  const std::string text = model.tokenizer == nullptr ? "" : model.tokenizer->decode(tokens, false);
  return json::serialize(json::object{{"prompt", text}});
}

std::string input_tokens_body(const Prompt& prompt) {
  return json::serialize(
      json::object{{"object", "response.input_tokens"}, {"input_tokens", prompt.tokens.size()}});
}

std::string render_body(const std::vector<Prompt>& prompts, bool is_list) {
  json::array rendered;
  for (const Prompt& prompt : prompts) {
    rendered.push_back(json::object{{"token_ids", token_ids_json(prompt.tokens)},
                                    {"prompt", replace_broken_utf8(prompt.text)}});
  }
  return is_list ? json::serialize(rendered) : json::serialize(rendered.front());
}

}  // namespace octavo
