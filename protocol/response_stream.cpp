#include "protocol/response_stream.hpp"

#include <boost/json/serialize.hpp>

#include "src/core/utf8.hpp"

namespace octavo {
namespace {

namespace json = boost::json;

json::object token_entry(std::string_view bytes, float logprob) {
  json::array numbers;
  numbers.reserve(bytes.size());
  for (char byte : bytes) numbers.push_back(static_cast<int>(static_cast<unsigned char>(byte)));
  return {{"token", is_valid_utf8(bytes) ? bytes : kReplacementCharacter},
          {"logprob", logprob},
          {"bytes", std::move(numbers)}};
}

json::object logprob_json(const LogprobEntry& entry) {
  json::object out = token_entry(entry.bytes, entry.logprob);
  json::array top;
  for (const auto& [bytes, logprob] : entry.top) top.push_back(token_entry(bytes, logprob));
  out["top_logprobs"] = std::move(top);
  return out;
}

json::object usage_json(const Usage& usage) {
  return {{"input_tokens", usage.num_prompt_tokens},
          {"input_tokens_details", {{"cached_tokens", usage.num_cached_tokens}}},
          {"output_tokens", usage.num_completion_tokens},
          {"output_tokens_details", {{"reasoning_tokens", 0}}},
          {"total_tokens", usage.num_prompt_tokens + usage.num_completion_tokens}};
}

double milliseconds(std::chrono::nanoseconds duration) {
  return static_cast<double>(duration.count()) / 1e6;
}

json::object extension_json(const ResponseEnd& end) {
  const double decode_s = static_cast<double>(end.timings.decode.count()) / 1e9;
  const auto num_decoded = static_cast<double>(end.usage.num_completion_tokens) - 1;
  json::object out{
      {"timings",
       {{"queue_ms", milliseconds(end.timings.queue)},
        {"prefill_ms", milliseconds(end.timings.prefill)},
        {"ttft_ms", milliseconds(end.timings.ttft)},
        {"decode_ms", milliseconds(end.timings.decode)},
        {"tokens_per_s", decode_s > 0 && num_decoded > 0 ? num_decoded / decode_s : 0.0}}},
      {"preemptions", end.num_preemptions},
      {"cached_tokens", end.usage.num_cached_tokens},
      {"blocks_shared", end.num_shared_blocks}};
  if (!end.scores.empty()) out["scores"] = json::array(end.scores.begin(), end.scores.end());
  return out;
}

json::value string_or_null(const std::string& text) {
  return text.empty() ? json::value(nullptr) : json::value(text);
}

json::object base_of(const std::string& id, const std::string& model, std::int64_t created_at,
                     const ResponseCreate& create) {
  const SamplingParams& sampling = create.sampling;
  json::object base{
      {"id", id}, {"object", "response"}, {"created_at", created_at}, {"model", model}};
  base["previous_response_id"] = string_or_null(create.previous_response_id);
  base["instructions"] = string_or_null(create.instructions);
  base["tools"] = json::array();
  base["tool_choice"] = "auto";
  base["truncation"] = "disabled";
  base["parallel_tool_calls"] = true;
  base["text"] = {{"format", {{"type", "text"}}}};
  base["temperature"] = sampling.temperature;
  base["top_p"] = sampling.top_p;
  base["presence_penalty"] = sampling.presence_penalty;
  base["frequency_penalty"] = sampling.frequency_penalty;
  base["top_logprobs"] = sampling.num_logprobs > 0 ? sampling.num_logprobs : 0;
  base["reasoning"] = nullptr;
  base["max_output_tokens"] =
      sampling.max_tokens > 0 ? json::value(sampling.max_tokens) : json::value(nullptr);
  base["max_tool_calls"] = nullptr;
  base["store"] = create.store;
  base["background"] = false;
  base["service_tier"] = "default";
  base["metadata"] = create.metadata;
  base["safety_identifier"] = nullptr;
  base["prompt_cache_key"] = nullptr;
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

}  // namespace

ResponseStream::ResponseStream(std::string id, std::string model, std::int64_t created_at,
                               const ResponseCreate& create)
    : id_(std::move(id)),
      stream_id_(create.stream_id),
      base_(base_of(id_, model, created_at, create)),
      choices_(static_cast<std::size_t>(create.sampling.n)),
      with_logprobs_(create.sampling.num_logprobs >= 0) {
  for (std::size_t i = 0; i < choices_.size(); ++i)
    choices_[i].item_id = "msg_" + id_.substr(5) + "_" + std::to_string(i);
}

json::object ResponseStream::event(std::string_view type) {
  json::object made;
  made["type"] = type;
  made["sequence_number"] = next_number_++;
  if (!stream_id_.empty()) made["stream_id"] = stream_id_;
  return made;
}

json::object ResponseStream::event_of(std::string_view type, std::int32_t choice) {
  json::object made = event(type);
  made["item_id"] = choices_.at(static_cast<std::size_t>(choice)).item_id;
  made["output_index"] = choice;
  made["content_index"] = 0;
  return made;
}

std::string ResponseStream::finish(json::object event) const { return json::serialize(event); }

json::object ResponseStream::text_part(const Choice& choice) const {
  json::object part{{"type", "output_text"}, {"text", choice.text}, {"annotations", json::array()}};
  if (with_logprobs_)
    part["logprobs"] = choice.logprobs;
  else
    part["logprobs"] = json::array();
  return part;
}

json::object ResponseStream::item(const Choice& choice) const {
  json::array content;
  if (choice.begun && choice.status != "in_progress") content.push_back(text_part(choice));
  return {{"type", "message"},
          {"id", choice.item_id},
          {"status", choice.status},
          {"role", "assistant"},
          {"content", std::move(content)}};
}

json::object ResponseStream::snapshot(std::string_view status) const {
  json::object response = base_;
  response["status"] = status;
  response["completed_at"] = nullptr;
  response["incomplete_details"] = nullptr;
  response["error"] = nullptr;
  response["usage"] = nullptr;
  json::array output;
  for (const Choice& choice : choices_) {
    if (choice.begun) output.push_back(item(choice));
  }
  response["output"] = std::move(output);
  return response;
}

std::string ResponseStream::created() {
  json::object made = event("response.created");
  made["response"] = snapshot("in_progress");
  return finish(std::move(made));
}

std::string ResponseStream::in_progress() {
  json::object made = event("response.in_progress");
  made["response"] = snapshot("in_progress");
  return finish(std::move(made));
}

void ResponseStream::begin_choice(std::int32_t index, std::vector<std::string>& frames) {
  Choice& choice = choices_.at(static_cast<std::size_t>(index));
  choice.begun = true;
  json::object added = event("response.output_item.added");
  added["output_index"] = index;
  added["item"] = item(choice);
  frames.push_back(finish(std::move(added)));
  json::object part = event_of("response.content_part.added", index);
  part["part"] = text_part(choice);
  frames.push_back(finish(std::move(part)));
}

std::string ResponseStream::delta(std::int32_t index, std::string_view text,
                                  const std::vector<LogprobEntry>& logprobs) {
  Choice& choice = choices_.at(static_cast<std::size_t>(index));
  choice.text += text;
  json::object made = event_of("response.output_text.delta", index);
  made["delta"] = text;
  json::array entries;
  for (const LogprobEntry& entry : logprobs) entries.push_back(logprob_json(entry));
  if (with_logprobs_) choice.logprobs.insert(choice.logprobs.end(), entries.begin(), entries.end());
  made["logprobs"] = std::move(entries);
  return finish(std::move(made));
}

void ResponseStream::end_choice(std::int32_t index, FinishReason reason,
                                std::vector<std::string>& frames) {
  Choice& choice = choices_.at(static_cast<std::size_t>(index));
  choice.status = reason == FinishReason::kStop ? "completed" : "incomplete";
  json::object text = event_of("response.output_text.done", index);
  text["text"] = choice.text;
  text["logprobs"] = choice.logprobs;
  frames.push_back(finish(std::move(text)));
  json::object part = event_of("response.content_part.done", index);
  part["part"] = text_part(choice);
  frames.push_back(finish(std::move(part)));
  json::object done = event("response.output_item.done");
  done["output_index"] = index;
  done["item"] = item(choice);
  frames.push_back(finish(std::move(done)));
}

std::string ResponseStream::end(const ResponseEnd& end) {
  json::object made = event(type_of(end.reason));
  json::object response = snapshot(status_of(end.reason));
  response["usage"] = usage_json(end.usage);
  response["octavo"] = extension_json(end);
  if (end.reason == FinishReason::kStop) response["completed_at"] = end.completed_at;
  if (end.reason == FinishReason::kLength)
    response["incomplete_details"] = {{"reason", "max_output_tokens"}};
  if (end.reason == FinishReason::kSteered)
    response["incomplete_details"] = {{"reason", "steered"}};
  if (end.reason == FinishReason::kCancelled)
    response["incomplete_details"] = {{"reason", "cancelled"}};
  if (end.reason == FinishReason::kDeadline) {
    response["error"] = {{"code", wire_code(Errc::kDeadlineExceeded)},
                         {"message", describe(Errc::kDeadlineExceeded)}};
  }
  if (end.reason == FinishReason::kError) {
    const Error error = end.error.value_or(Error{Errc::kEngineError, "", ""});
    response["error"] = {{"code", wire_code(error.code)}, {"message", error.message()}};
  }
  made["response"] = std::move(response);
  return finish(std::move(made));
}

std::string ResponseStream::preempted(PreemptionMode mode) {
  json::object made = event("octavo:response.preempted");
  made["response_id"] = id_;
  made["mode"] = name_of(mode);
  return finish(std::move(made));
}

std::string ResponseStream::resumed(PreemptionMode mode) {
  json::object made = event("octavo:response.resumed");
  made["response_id"] = id_;
  made["mode"] = name_of(mode);
  return finish(std::move(made));
}

}  // namespace octavo
