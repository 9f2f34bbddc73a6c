// octavo tokenize and octavo render.
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cstdio>
#include <iostream>
#include <iterator>

#include "src/app/cli/commands/commands.hpp"
#include "src/app/cli/load.hpp"
#include "src/library/text_file.hpp"
#include "src/response/prompt.hpp"
#include "src/text/chat_template.hpp"
#include "src/text/tokenizer.hpp"

namespace octavo {
namespace {

namespace json = boost::json;

Result<json::array> json_of(const Result<std::vector<TokenId>>& ids) {
  if (!ids) return ids.error();
  return json::array(ids->begin(), ids->end());
}

void print(const json::object& object) { std::printf("%s\n", json::serialize(object).c_str()); }

std::string text_of(const std::vector<TextSpan>& spans) {
  std::string text;
  for (const TextSpan& span : spans) text += span.text;
  return text;
}

Result<json::value> read_json(const std::string& path) {
  auto text = read_text_file(path);
  if (!text) return text.error();
  boost::system::error_code error;
  json::value value = json::parse(*text, error);
  if (error) return Error{Errc::kInvalidJson, "`" + path + "` is not JSON: " + error.message(), ""};
  return value;
}

Result<std::vector<TokenId>> ids_of(const std::string& text) {
  boost::system::error_code error;
  const json::value value = json::parse(text, error);
  const auto* ids = !error && value.is_object() ? value.get_object().if_contains("ids") : nullptr;
  const Error bad{Errc::kInvalidJson, "standard input is not an object {\"ids\":[..]}", "ids"};
  if (ids == nullptr || !ids->is_array()) return bad;
  std::vector<TokenId> out;
  for (const auto& each : ids->get_array()) {
    out.push_back(each.to_number<TokenId>(error));
    if (error) return bad;
  }
  return out;
}

/// Errors: kInvalidValue for an id that stands for nothing, which decoding would leave out.
Result<void> check_known(const Tokenizer& tokenizer, const std::vector<TokenId>& ids) {
  for (const TokenId id : ids) {
    if (tokenizer.has_token(id)) continue;
    return Error{Errc::kInvalidValue,
                 "token id " + std::to_string(id) + " stands for no token: the ids of this " +
                     "tokenizer end at " + std::to_string(tokenizer.vocab_size() - 1),
                 "ids"};
  }
  return {};
}

/// The template that the options name, or the model's own.
Result<std::shared_ptr<const ChatTemplate>> template_of(const RenderOptions& options,
                                                        const Tokenizer& tokenizer,
                                                        const std::string& path) {
  if (!options.chat_template.empty()) {
    auto source = read_text_file(options.chat_template);
    if (!source) return source.error();
    return ChatTemplate::parse(std::move(*source));
  }
  const auto source = tokenizer.chat_template(!options.tools.empty());
  if (!source) return source.error();
  if (*source != nullptr) return ChatTemplate::parse(**source);
  return Error{Errc::kInvalidFile, "`" + path + "` has no chat template: give --chat-template",
               "model"};
}

Result<json::array> read_json_list(const std::string& path, const std::string& flag) {
  auto value = read_json(path);
  if (!value) return value.error();
  if (value->is_array()) return std::move(value->get_array());
  return Error{Errc::kInvalidJson, "--" + flag + ": `" + path + "` is not a JSON list", flag};
}

// A template and its variables alone: no model, so no token ids either.
Result<int> render_context(const RenderOptions& options) {
  if (options.chat_template.empty() || !options.model.empty() || !options.messages.empty() ||
      !options.tools.empty() || options.no_generation_prompt) {
    return Error{Errc::kInvalidValue,
                 "--context: a file with all of the variables goes with --chat-template alone",
                 "context"};
  }
  auto source = read_text_file(options.chat_template);
  if (!source) return source.error();
  auto parsed = ChatTemplate::parse(std::move(*source));
  if (!parsed) return parsed.error();
  auto context = read_json(options.context);
  if (!context) return context.error();
  if (!context->is_object())
    return Error{Errc::kInvalidJson, "`" + options.context + "` is not a JSON object", "context"};
  auto spans = (*parsed)->render(context->get_object());
  if (!spans) return spans.error();
  print({{"text", text_of(*spans)}});
  return 0;
}

}  // namespace

Result<int> tokenize(const std::string& model, bool decode, bool no_special) {
  auto path = resolve_model_path(model);
  if (!path) return path.error();
  auto tokenizer = Tokenizer::load(*path);
  if (!tokenizer) return tokenizer.error();
  const std::string input{std::istreambuf_iterator<char>(std::cin), {}};
  if (!decode) {
    auto ids = json_of((*tokenizer)->encode(input, !no_special));
    if (!ids) return ids.error();
    print({{"ids", std::move(*ids)}});
    return 0;
  }
  auto ids = ids_of(input);
  if (!ids) return ids.error();
  if (auto known = check_known(**tokenizer, *ids); !known) return known.error();
  print({{"text", (*tokenizer)->decode(*ids, no_special)}});
  return 0;
}

Result<int> render(const RenderOptions& options) {
  if (!options.context.empty()) return render_context(options);
  if (options.messages.empty()) {
    return Error{Errc::kInvalidValue,
                 "give MODEL and --messages FILE, or --chat-template FILE and --context FILE",
                 "messages"};
  }
  auto path = resolve_model_path(options.model);
  if (!path) return path.error();
  auto tokenizer = Tokenizer::load(*path);
  if (!tokenizer) return tokenizer.error();
  auto parsed = template_of(options, **tokenizer, *path);
  if (!parsed) return parsed.error();
  auto messages = read_json_list(options.messages, "messages");
  if (!messages) return messages.error();
  json::object context = chat_context(**tokenizer, std::move(*messages));
  context["add_generation_prompt"] = !options.no_generation_prompt;
  if (!options.tools.empty()) {
    auto tools = read_json_list(options.tools, "tools");
    if (!tools) return tools.error();
    context["tools"] = std::move(*tools);
  }
  auto spans = (*parsed)->render(context);
  if (!spans) return spans.error();
  auto ids = json_of((*tokenizer)->encode(*spans, false));
  if (!ids) return ids.error();
  print({{"text", text_of(*spans)}, {"ids", std::move(*ids)}});
  return 0;
}

}  // namespace octavo
