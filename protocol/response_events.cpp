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

json::object usage_json(const Usage& usage) {
  return {{"input_tokens", usage.num_prompt_tokens},
          {"input_tokens_details", {{"cached_tokens", usage.num_cached_tokens}}},
          {"output_tokens", usage.num_completion_tokens},
          {"output_tokens_details", {{"reasoning_tokens", 0}}},
          {"total_tokens", usage.num_prompt_tokens + usage.num_completion_tokens}};
}

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
  base["store"] = create.store;
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

std::string item_id_of(const Response& response, std::int32_t choice) {
  return "msg_" + response.id().substr(5) + "_" + std::to_string(choice);
}

std::string_view item_status(const CompletionChoice& choice) {
  if (!choice.finished()) return "in_progress";
  return *choice.finished() == FinishReason::kStop ? "completed" : "incomplete";
}

// All that were asked for; none, where none were.
json::array choice_logprobs(const Response& response, std::int32_t index) {
  if (response.create().sampling.num_logprobs < 0) return {};
  return logprobs_json(response.choice(index).logprobs());
}

json::object text_part(std::string_view text, json::array logprobs) {
  return {{"type", "output_text"},
          {"text", text},
          {"annotations", json::array()},
          {"logprobs", std::move(logprobs)}};
}

json::object item_json(const Response& response, std::int32_t index, std::string_view status) {
  json::array content;
  if (status != "in_progress") {
    content.push_back(text_part(response.choice(index).text(), choice_logprobs(response, index)));
  }
  return {{"type", "message"},
          {"id", item_id_of(response, index)},
          {"status", status},
          {"role", "assistant"},
          {"content", std::move(content)}};
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
  for (std::int32_t i = 0; i < static_cast<std::int32_t>(response.choices().size()); ++i) {
    const CompletionChoice& choice = response.choice(i);
    if (choice.has_begun()) output.push_back(item_json(response, i, item_status(choice)));
  }
  return output;
}

json::object final_snapshot(const Response& response) {
  const ResponseEnd& end = response.end();
  const FinishReason reason = end.finished.reason;
  json::object made = snapshot(response, status_of(reason), output_json(response));
  made["usage"] = usage_json(end.finished.usage);
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
  void operator()(const ChoiceBegan& event) {
    json::object added = begin("response.output_item.added");
    added["output_index"] = event.choice;
    added["item"] = item_json(response_, event.choice, "in_progress");
    write(added);
    json::object part = begin("response.content_part.added", event.choice);
    part["part"] = text_part("", {});
    write(part);
  }
  void operator()(const TextAdded& event) {
    json::object made = begin("response.output_text.delta", event.choice);
    made["delta"] = event.text;
    made["logprobs"] = logprobs_json(event.logprobs);
    write(made);
  }
  void operator()(const ChoiceEnded& event) {
    const CompletionChoice& choice = response_.choice(event.choice);
    json::object text = begin("response.output_text.done", event.choice);
    text["text"] = choice.text();
    text["logprobs"] = choice_logprobs(response_, event.choice);
    write(text);
    json::object part = begin("response.content_part.done", event.choice);
    part["part"] = text_part(choice.text(), choice_logprobs(response_, event.choice));
    write(part);
    json::object done = begin("response.output_item.done");
    done["output_index"] = event.choice;
    done["item"] = item_json(response_, event.choice, item_status(choice));
    write(done);
  }
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
  json::object begin(std::string_view type, std::int32_t choice) {
    json::object made = begin(type);
    made["item_id"] = item_id_of(response_, choice);
    made["output_index"] = choice;
    made["content_index"] = 0;
    return made;
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
  return std::holds_alternative<ChoiceEnded>(event) ? 2 * num_bytes * num_choices : 0;
}

}  // namespace octavo
