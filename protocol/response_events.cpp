#include "protocol/response_events.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "protocol/logprob_json.hpp"
#include "src/core/json_number.hpp"
#include "src/core/utf8.hpp"

namespace octavo {
namespace {

namespace json = boost::json;

json::value milliseconds(std::chrono::nanoseconds duration) {
  return json_number(static_cast<double>(duration.count()) / 1e6);
}

json::object extension_json(const ResponseEnd& end) {
  const Timings& timings = end.finished.timings;
  const double decode_s = static_cast<double>(timings.decode.count()) / 1e9;
  const auto num_decoded = static_cast<double>(end.finished.usage.num_completion_tokens) - 1;
  json::object out{
      {"timings",
       {{"queue_ms", milliseconds(timings.queue)},
        {"prefill_ms", milliseconds(timings.prefill)},
        {"ttft_ms", milliseconds(timings.ttft)},
        {"decode_ms", milliseconds(timings.decode)},
        {"tokens_per_s",
         json_number(decode_s > 0 && num_decoded > 0 ? num_decoded / decode_s : 0.0)}}},
      {"preemptions", end.finished.num_preemptions},
      {"cached_tokens", end.finished.usage.num_cached_tokens},
      {"blocks_shared", end.finished.num_shared_blocks}};
  if (!end.scores.empty()) {
    json::array scores;
    for (const float score : end.scores) scores.push_back(json_number(score));
    out["scores"] = std::move(scores);
  }
  return out;
}

json::value string_or_null(const std::string& text) {
  return text.empty() ? json::value(nullptr) : json::value(text);
}

// What was asked, or the model's default; a prefill alone computes one token whatever was asked.
json::value max_output_tokens(const ResponseCreate& create) {
  if (create.max_tokens) return *create.max_tokens;
  if (!create.generate || create.sampling.max_tokens == 0) return nullptr;
  return create.sampling.max_tokens;
}

// The members of `response` that never change.
json::object base_of(const Response& response) {
  const ResponseCreate& create = response.create();
  const SamplingParams& sampling = create.sampling;
  json::object base{{"id", response.id()},
                    {"object", "response"},
                    {"created_at", response.created_at()},
                    {"model", response.model_name()}};
  base["previous_response_id"] = string_or_null(create.previous_response_id);
  base["instructions"] = string_or_null(create.instructions);
  base["tools"] = json::array();
  base["tool_choice"] = "auto";
  base["truncation"] = "disabled";
  base["parallel_tool_calls"] = true;
  base["text"] = {{"format", {{"type", "text"}}}};
  base["temperature"] = json_number(sampling.temperature);
  base["top_p"] = json_number(sampling.top_p);
  base["presence_penalty"] = json_number(sampling.presence_penalty);
  base["frequency_penalty"] = json_number(sampling.frequency_penalty);
  base["top_logprobs"] = sampling.num_logprobs > 0 ? sampling.num_logprobs : 0;
  base["reasoning"] = nullptr;
  base["max_output_tokens"] = max_output_tokens(create);
  base["max_tool_calls"] = nullptr;
  base["store"] = create.store && response.is_kept;
  base["background"] = false;
  base["service_tier"] = "default";
  base["metadata"] = create.metadata;
  base["safety_identifier"] = nullptr;
  base["prompt_cache_key"] = nullptr;
  for (const auto& [name, value] : create.repeated) base[name] = value;
  return base;
}

std::string_view status_of(FinishReason reason) {
  switch (reason) {
    case FinishReason::kStop:
      return "completed";
    case FinishReason::kLength:
    case FinishReason::kSteered:
      return "incomplete";
    case FinishReason::kCancelled:
      return "cancelled";
    case FinishReason::kDeadline:
    case FinishReason::kError:
      return "failed";
  }
  return "failed";
}

std::string_view name_of(PreemptionMode mode) {
  return mode == PreemptionMode::kSwap ? "swap" : "recompute";
}

std::string_view type_of(FinishReason reason) {
  switch (reason) {
    case FinishReason::kStop:
      return "response.completed";
    case FinishReason::kLength:
    case FinishReason::kSteered:
    case FinishReason::kCancelled:
      return "response.incomplete";
    case FinishReason::kDeadline:
    case FinishReason::kError:
      return "response.failed";
  }
  return "response.failed";
}

/// An item of a response's output.
struct Place {
  std::int32_t choice = 0;
  std::int32_t item = 0;
};

const OutputItem& item_at(const Response& response, Place place) {
  return response.choice(place.choice).items().at(static_cast<std::size_t>(place.item));
}

// A choice that is one message has one id, and one with several items has one for each.
std::string item_id_of(const Response& response, Place place) {
  const ItemKind kind = item_at(response, place).kind;
  const std::string_view prefix = kind == ItemKind::kMessage     ? "msg_"
                                  : kind == ItemKind::kReasoning ? "rs_"
                                                                 : "fc_";
  std::string id =
      std::string(prefix) + response.id().substr(5) + "_" + std::to_string(place.choice);
  if (response.choice(place.choice).has_parser()) id += "_" + std::to_string(place.item);
  return id;
}

std::string_view item_status(const OutputItem& item) {
  if (!item.has_ended) return "in_progress";
  return item.is_broken ? "incomplete" : "completed";
}

// All that were asked for; none, where none were.
json::array item_logprobs(const Response& response, Place place) {
  if (response.create().sampling.num_logprobs < 0) return {};
  return logprobs_json(response.choice(place.choice).logprobs_of(place.item));
}

json::object part_json(ItemKind kind, std::string_view text, json::array logprobs) {
  if (kind == ItemKind::kReasoning) return {{"type", "reasoning_text"}, {"text", text}};
  return {{"type", "output_text"},
          {"text", text},
          {"annotations", json::array()},
          {"logprobs", std::move(logprobs)}};
}

json::object call_json(const Response& response, Place place, std::string_view arguments) {
  const OutputItem& item = item_at(response, place);
  return {{"type", "function_call"},
          {"id", item_id_of(response, place)},
          {"call_id", response.call_id(place.choice, place.item)},
          {"name", item.name},
          {"arguments", arguments}};
}

json::object item_json(const Response& response, Place place, std::string_view status) {
  const OutputItem& item = item_at(response, place);
  const bool has_content = status != "in_progress";
  if (item.kind == ItemKind::kFunctionCall) {
    json::object call = call_json(response, place, has_content ? item.text : "");
    call["status"] = status;
    return call;
  }
  json::array content;
  if (has_content) {
    const bool is_said = item.kind == ItemKind::kMessage;
    content.push_back(
        part_json(item.kind, item.text, is_said ? item_logprobs(response, place) : json::array()));
  }
  json::object shown{{"type", item.kind == ItemKind::kMessage ? "message" : "reasoning"},
                     {"id", item_id_of(response, place)},
                     {"status", status}};
  if (item.kind == ItemKind::kMessage)
    shown["role"] = "assistant";
  else
    shown["summary"] = json::array();
  shown["content"] = std::move(content);
  return shown;
}

json::object snapshot(const Response& response, std::string_view status, json::array output) {
  json::object made = base_of(response);
  made["status"] = status;
  made["completed_at"] = nullptr;
  made["incomplete_details"] = nullptr;
  made["error"] = nullptr;
  made["usage"] = nullptr;
  made["output"] = std::move(output);
  return made;
}

json::array output_json(const Response& response) {
  json::array output;
  for (const auto& [choice, item] : response.output()) {
    const Place place{choice, item};
    output.push_back(item_json(response, place, item_status(item_at(response, place))));
  }
  return output;
}

json::object final_snapshot(const Response& response) {
  const ResponseEnd& end = response.end();
  const FinishReason reason = end.finished.reason;
  json::object made = snapshot(response, status_of(reason), output_json(response));
  made["usage"] = response_usage_json(end.finished.usage, response.num_reasoning_tokens());
  made["octavo"] = extension_json(end);
  if (reason == FinishReason::kStop) made["completed_at"] = end.completed_at;
  if (reason == FinishReason::kLength)
    made["incomplete_details"] = {{"reason", "max_output_tokens"}};
  if (reason == FinishReason::kSteered) made["incomplete_details"] = {{"reason", "steered"}};
  if (reason == FinishReason::kDeadline) {
    made["error"] = {{"code", wire_code(Errc::kDeadlineExceeded)},
                     {"message", describe(Errc::kDeadlineExceeded)}};
  }
  if (reason == FinishReason::kError) {
    const Error error = end.finished.error.value_or(Error{Errc::kEngineError, "", ""});
    made["error"] = {{"code", wire_code(error.code)},
                     {"message", replace_broken_utf8(error.message())}};
  }
  return made;
}

std::string_view delta_type_of(ItemKind kind) {
  switch (kind) {
    case ItemKind::kMessage:
      return "response.output_text.delta";
    case ItemKind::kReasoning:
      return "response.reasoning_text.delta";
    case ItemKind::kFunctionCall:
      return "response.function_call_arguments.delta";
  }
  return "";
}

/// Numbers the frames of one event and writes them.
class Frames {
 public:
  Frames(const Response& response, std::vector<std::string>& frames)
      : response_(response), frames_(frames), number_(response.num_events()) {}

  void operator()(const ResponseBegan&) {
    for (const char* type : {"response.created", "response.in_progress"}) {
      json::object made = begin(type);
      made["response"] = snapshot(response_, "in_progress", {});
      write(made);
    }
  }
  void operator()(const PromptProgressed& event) {
    const RequestProgressed& progress = event.progress;
    json::object made = begin("octavo:response.progress");
    made["response_id"] = response_.id();
    made["queue_position"] = progress.queue_position;
    made["prompt_tokens"] = progress.num_prompt_tokens;
    made["computed_tokens"] = progress.num_computed_tokens;
    made["cached_tokens"] = progress.num_cached_tokens;
    made["time_left_ms"] = milliseconds(progress.time_left);
    write(made);
  }
  void operator()(const ChoiceBegan&) {}
  void operator()(const ItemBegan& event) {
    const Place place{event.choice, event.item};
    json::object added = begin("response.output_item.added");
    added["output_index"] = response_.output_index(event.choice, event.item);
    added["item"] = item_json(response_, place, "in_progress");
    write(added);
    const ItemKind kind = item_at(response_, place).kind;
    if (kind == ItemKind::kFunctionCall) return;
    json::object part = begin("response.content_part.added", place);
    part["part"] = part_json(kind, "", {});
    write(part);
  }
  void operator()(const TextAdded& event) {
    const Place place{event.choice, event.item};
    const ItemKind kind = item_at(response_, place).kind;
    json::object made = begin(delta_type_of(kind), place);
    made["delta"] = event.text;
    if (kind == ItemKind::kMessage) made["logprobs"] = logprobs_json(event.logprobs);
    write(made);
  }
  void operator()(const ItemEnded& event) {
    const Place place{event.choice, event.item};
    const OutputItem& item = item_at(response_, place);
    if (item.kind == ItemKind::kFunctionCall)
      end_call(place, item);
    else
      end_text(place, item);
    json::object done = begin("response.output_item.done");
    done["output_index"] = response_.output_index(event.choice, event.item);
    done["item"] = item_json(response_, place, item_status(item));
    write(done);
  }
  void operator()(const ChoiceEnded&) {}
  void operator()(const ResponsePreempted& event) {
    write_transfer("octavo:response.preempted", event.mode);
  }
  void operator()(const ResponseResumed& event) {
    write_transfer("octavo:response.resumed", event.mode);
  }
  void operator()(const ResponseEnded&) {
    json::object made = begin(type_of(response_.end().finished.reason));
    made["response"] = final_snapshot(response_);
    write(made);
  }

 private:
  json::object begin(std::string_view type) {
    json::object made{{"type", type}, {"sequence_number", number_++}};
    const std::string& lane = response_.create().stream_id;
    if (!lane.empty()) made["stream_id"] = lane;
    return made;
  }
  json::object begin(std::string_view type, Place place) {
    json::object made = begin(type);
    made["item_id"] = item_id_of(response_, place);
    made["output_index"] = response_.output_index(place.choice, place.item);
    if (item_at(response_, place).kind != ItemKind::kFunctionCall) made["content_index"] = 0;
    return made;
  }
  void end_call(Place place, const OutputItem& item) {
    json::object done = begin("response.function_call_arguments.done", place);
    done["name"] = item.name;
    done["arguments"] = item.text;
    write(done);
  }
  void end_text(Place place, const OutputItem& item) {
    const bool is_said = item.kind == ItemKind::kMessage;
    json::object text =
        begin(is_said ? "response.output_text.done" : "response.reasoning_text.done", place);
    text["text"] = item.text;
    if (is_said) text["logprobs"] = item_logprobs(response_, place);
    write(text);
    json::object part = begin("response.content_part.done", place);
    part["part"] =
        part_json(item.kind, item.text, is_said ? item_logprobs(response_, place) : json::array());
    write(part);
  }
  void write(const json::object& made) { frames_.push_back(json::serialize(made)); }
  void write_transfer(std::string_view type, PreemptionMode mode) {
    json::object made = begin(type);
    made["response_id"] = response_.id();
    made["mode"] = name_of(mode);
    write(made);
  }

  const Response& response_;
  std::vector<std::string>& frames_;
  std::int64_t number_;
};

}  // namespace

json::object response_json(const Response& response) {
  if (response.state() == ResponseState::kEnded) return final_snapshot(response);
  return snapshot(response, "in_progress", output_json(response));
}

void encode(const Response& response, const ResponseEvent& event,
            std::vector<std::string>& frames) {
  std::visit(Frames(response, frames), event);
}

std::size_t size_of_end(const Response& response, const ResponseEvent& event,
                        std::size_t num_bytes) {
  if (std::holds_alternative<ResponseEnded>(event)) return 4 * num_bytes;
  const auto num_choices = static_cast<std::size_t>(response.create().sampling.n);
  return std::holds_alternative<ItemEnded>(event) ? 2 * num_bytes * num_choices : 0;
}

json::object response_usage_json(const Usage& usage, std::int64_t num_reasoning_tokens) {
  return {{"input_tokens", usage.num_prompt_tokens},
          {"input_tokens_details", {{"cached_tokens", usage.num_cached_tokens}}},
          {"output_tokens", usage.num_completion_tokens},
          {"output_tokens_details", {{"reasoning_tokens", num_reasoning_tokens}}},
          {"total_tokens", usage.num_prompt_tokens + usage.num_completion_tokens}};
}

}  // namespace octavo
