#include "protocol/chat/chat_answer.hpp"

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <span>

#include "protocol/completion_json.hpp"
#include "protocol/error_frame.hpp"
#include "protocol/logprob_json.hpp"

namespace octavo {
namespace {

namespace json = boost::json;

json::object base_of(const Response& response, std::string_view object) {
  return {{"id", "chatcmpl-" + response.id().substr(5)},
          {"object", object},
          {"created", response.created_at()},
          {"model", response.model_name()}};
}

// Where log-probabilities were not asked for, there may be some all the same: they chose the best.
json::value logprobs_of(const Response& response, std::span<const LogprobEntry> entries) {
  if (!response.create().include_logprobs) return nullptr;
  return json::object{{"content", logprobs_json(entries)}, {"refusal", nullptr}};
}

// The message of one choice. Its content is null when the choice consists of calls alone.
json::object message_of(const Response& response, std::int32_t index) {
  std::string content;
  std::string reasoning;
  json::array calls;
  std::int32_t place = 0;
  for (const OutputItem& item : response.choice(index).items()) {
    if (item.kind == ItemKind::kMessage) content += item.text;
    if (item.kind == ItemKind::kReasoning) reasoning += item.text;
    if (item.kind == ItemKind::kFunctionCall) {
      calls.push_back(json::object{{"id", response.call_id(index, place)},
                                   {"type", "function"},
                                   {"function", {{"name", item.name}, {"arguments", item.text}}}});
    }
    ++place;
  }
  json::object message{{"role", "assistant"}};
  message["content"] =
      content.empty() && !calls.empty() ? json::value(nullptr) : json::value(content);
  message["refusal"] = nullptr;
  if (!reasoning.empty()) message["reasoning_content"] = reasoning;
  if (!calls.empty()) message["tool_calls"] = std::move(calls);
  return message;
}

/// Makes the chunks of one event.
class Chunks {
 public:
  Chunks(const Response& response, const AnswerOptions& options,
         std::vector<std::size_t>& num_tokens_sent, std::vector<std::string>& frames)
      : response_(response),
        options_(options),
        num_tokens_sent_(num_tokens_sent),
        frames_(frames) {}

  void operator()(const ChoiceBegan& event) {
    json::object chunk = begin(event.choice, {{"role", "assistant"}, {"content", ""}});
    if (options_.return_token_ids)
      chunk["prompt_token_ids"] = token_ids_json(response_.prompt_tokens());
    write(chunk);
  }
  void operator()(const PromptProgressed& event) {
    if (!options_.return_progress) return;
    json::object chunk = begin(0, {});
    chunk["prompt_progress"] = progress_json(event);
    write(chunk);
  }
  void operator()(const ItemBegan& event) {
    const OutputItem& item = item_at(event.choice, event.item);
    if (item.kind != ItemKind::kFunctionCall) return;
    json::object call{{"index", call_index(event.choice, event.item)},
                      {"id", response_.call_id(event.choice, event.item)},
                      {"type", "function"},
                      {"function", {{"name", item.name}, {"arguments", ""}}}};
    json::object chunk = begin(event.choice, {{"tool_calls", json::array{std::move(call)}}});
    write(chunk);
  }
  void operator()(const TextAdded& event) {
    json::object chunk = begin(event.choice, delta_of(event));
    json::object& choice = choice_of(chunk);
    choice["logprobs"] = logprobs_of(response_, event.logprobs);
    add_token_ids(event.choice, choice);
    write(chunk);
  }
  void operator()(const ChoiceEnded& event) {
    json::object chunk = begin(event.choice, {});
    json::object& choice = choice_of(chunk);
    choice["finish_reason"] = finish_reason_json(response_.choice(event.choice));
    add_token_ids(event.choice, choice);
    write(chunk);
  }
  void operator()(const ResponseEnded&) {
    if (!options_.stream.include_usage) return;
    json::object chunk = base_of(response_, "chat.completion.chunk");
    chunk["choices"] = json::array();
    chunk["usage"] = usage_json(response_.end().finished.usage, response_.num_reasoning_tokens());
    frames_.push_back(sse_data(json::serialize(chunk)));
  }
  template <class Other>
  void operator()(const Other&) {}

 private:
  const OutputItem& item_at(std::int32_t choice, std::int32_t item) const {
    return response_.choice(choice).items().at(static_cast<std::size_t>(item));
  }
  // Calls are counted by themselves.
  std::int64_t call_index(std::int32_t choice, std::int32_t item) const {
    const auto& items = response_.choice(choice).items();
    return std::count_if(items.begin(), items.begin() + item, [](const OutputItem& each) {
      return each.kind == ItemKind::kFunctionCall;
    });
  }
  json::object delta_of(const TextAdded& event) const {
    switch (item_at(event.choice, event.item).kind) {
      case ItemKind::kMessage:
        return {{"content", event.text}};
      case ItemKind::kReasoning:
        return {{"reasoning_content", event.text}};
      case ItemKind::kFunctionCall:
        break;
    }
    json::object call{{"index", call_index(event.choice, event.item)},
                      {"function", {{"arguments", event.text}}}};
    return {{"tool_calls", json::array{std::move(call)}}};
  }
  json::object begin(std::int32_t index, json::object delta) {
    json::object chunk = base_of(response_, "chat.completion.chunk");
    chunk["choices"] = json::array{json::object{{"index", index},
                                                {"delta", std::move(delta)},
                                                {"logprobs", nullptr},
                                                {"finish_reason", nullptr}}};
    return chunk;
  }
  static json::object& choice_of(json::object& chunk) {
    return chunk["choices"].get_array().front().get_object();
  }
  void add_token_ids(std::int32_t index, json::object& choice) {
    if (!options_.return_token_ids) return;
    const auto place = static_cast<std::size_t>(index);
    if (num_tokens_sent_.size() <= place) num_tokens_sent_.resize(place + 1);
    json::array ids = token_ids_json(response_.choice(index), num_tokens_sent_[place]);
    num_tokens_sent_[place] += ids.size();
    choice["token_ids"] = std::move(ids);
  }
  void write(json::object& chunk) {
    if (options_.stream.continuous_usage_stats)
      chunk["usage"] = usage_json(usage_so_far(response_));
    else if (options_.stream.include_usage)
      chunk["usage"] = nullptr;
    frames_.push_back(sse_data(json::serialize(chunk)));
  }

  const Response& response_;
  const AnswerOptions& options_;
  std::vector<std::size_t>& num_tokens_sent_;
  std::vector<std::string>& frames_;
};

}  // namespace

std::unique_ptr<HttpAnswer> make_chat_answer(const AnswerOptions& options) {
  if (options.stream.is_stream) return std::make_unique<ChatChunks>(options);
  return std::make_unique<ChatCompletion>(options);
}

void ChatChunks::encode(const Response& response, const ResponseEvent& event,
                        std::vector<std::string>& frames) {
  const bool is_end = std::holds_alternative<ResponseEnded>(event);
  if (is_end && is_failure(response.end().finished.reason)) return fail(response);
  std::visit(Chunks(response, options_, num_tokens_sent_, frames), event);
}

std::string ChatChunks::finish() {
  std::string rest;
  if (error()) rest = sse_data(error_body(*error()));
  return rest.append(kSseDone);
}

void ChatCompletion::encode(const Response& response, const ResponseEvent& event,
                            std::vector<std::string>&) {
  if (!std::holds_alternative<ResponseEnded>(event)) return;
  if (is_failure(response.end().finished.reason)) return fail(response);
  json::object body = base_of(response, "chat.completion");
  json::array choices;
  for (const std::int32_t index : chosen(response, options_.num_choices)) {
    const CompletionChoice& choice = response.choice(index);
    json::object shown{{"index", choices.size()},
                       {"message", message_of(response, index)},
                       {"logprobs", logprobs_of(response, choice.logprobs())},
                       {"finish_reason", finish_reason_json(choice)}};
    if (options_.return_token_ids) shown["token_ids"] = token_ids_json(choice);
    choices.push_back(std::move(shown));
  }
  body["choices"] = std::move(choices);
  body["usage"] = usage_json(response.end().finished.usage, response.num_reasoning_tokens());
  if (options_.return_token_ids)
    body["prompt_token_ids"] = token_ids_json(response.prompt_tokens());
  if (options_.num_prompt_logprobs >= 0)
    body["prompt_logprobs"] = prompt_logprobs_json(response, options_.num_prompt_logprobs);
  body_ = json::serialize(body);
}

}  // namespace octavo
