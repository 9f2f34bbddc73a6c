#include "protocol/client_event.hpp"

#include <algorithm>
#include <array>
#include <boost/json/parse.hpp>

#include "protocol/input_items.hpp"
#include "protocol/json_fields.hpp"

namespace octavo {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxDepth = 32;
constexpr std::size_t kMaxInputTokens = std::size_t{1} << 20;

// Fields of the standard that are accepted without effect: they describe things that do not change
// the answer here.
constexpr std::array kHarmless{
    "type",       "stream_id",         "stream_options",         "parallel_tool_calls",
    "user",       "safety_identifier", "prompt_cache_key",       "service_tier",
    "truncation", "max_tool_calls",    "prompt_cache_retention", "event_id"};
constexpr std::array kKnown{"model",
                            "previous_response_id",
                            "instructions",
                            "input",
                            "generate",
                            "store",
                            "include",
                            "metadata",
                            "stream",
                            "background",
                            "tools",
                            "tool_choice",
                            "text",
                            "reasoning",
                            "octavo",
                            "conversation",
                            "prompt",
                            "temperature",
                            "top_p",
                            "top_k",
                            "min_p",
                            "repetition_penalty",
                            "presence_penalty",
                            "frequency_penalty",
                            "seed",
                            "stop",
                            "stop_token_ids",
                            "ignore_eos",
                            "min_tokens",
                            "logit_bias",
                            "top_logprobs",
                            "max_output_tokens",
                            "n",
                            "beam_width",
                            "length_penalty",
                            "early_stopping"};

template <std::size_t N>
bool contains(const std::array<const char*, N>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

void read_stops(JsonFields& fields, SamplingParams& sampling) {
  if (const auto* stop = fields.find("stop")) {
    if (stop->is_string()) {
      sampling.stop.emplace_back(stop->get_string());
    } else if (stop->is_array()) {
      for (const auto& each : stop->get_array()) {
        if (!each.is_string()) return void(fields.wrong("stop", "a string or a list of strings"));
        sampling.stop.emplace_back(each.get_string());
      }
    } else {
      fields.wrong("stop", "a string or a list of strings");
    }
  }
  if (const auto* ids = fields.find("stop_token_ids")) {
    if (!ids->is_array()) return void(fields.wrong("stop_token_ids", "a list of token ids"));
    for (const auto& each : ids->get_array()) {
      boost::system::error_code error;
      sampling.stop_token_ids.push_back(each.to_number<std::int32_t>(error));
      if (error) return void(fields.wrong("stop_token_ids", "a list of token ids"));
    }
  }
}

void read_logit_bias(JsonFields& fields, SamplingParams& sampling) {
  const auto* bias = fields.find("logit_bias");
  if (bias == nullptr) return;
  if (!bias->is_object()) return void(fields.wrong("logit_bias", "an object of token id to bias"));
  for (const auto& [key, value] : bias->get_object()) {
    const bool digits =
        !key.empty() && key.size() <= 9 &&
        std::all_of(key.begin(), key.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (!digits || !value.is_number())
      return void(fields.wrong("logit_bias", "an object of token id to bias"));
    sampling.logit_bias.emplace_back(std::stoi(std::string(key)),
                                     static_cast<float>(value.to_number<double>()));
  }
}

void read_sampling(JsonFields& fields, ResponseCreate& create) {
  SamplingParams& sampling = create.sampling;
  create.has_temperature = fields.read("temperature", sampling.temperature);
  create.has_top_p = fields.read("top_p", sampling.top_p);
  create.has_top_k = fields.read("top_k", sampling.top_k);
  create.has_repetition_penalty = fields.read("repetition_penalty", sampling.repetition_penalty);
  fields.read("min_p", sampling.min_p);
  fields.read("presence_penalty", sampling.presence_penalty);
  fields.read("frequency_penalty", sampling.frequency_penalty);
  std::int64_t seed = 0;
  if (fields.read("seed", seed)) sampling.seed = static_cast<std::uint64_t>(seed);
  if (fields.read("max_output_tokens", sampling.max_tokens) && sampling.max_tokens < 1) {
    fields.wrong("max_output_tokens", "at least 1");
  }
  fields.read("min_tokens", sampling.min_tokens);
  fields.read("ignore_eos", sampling.ignore_eos);
  fields.read("n", sampling.n);
  read_stops(fields, sampling);
  read_logit_bias(fields, sampling);
  std::int32_t top_logprobs = 0;
  if (fields.read("top_logprobs", top_logprobs)) {
    if (top_logprobs < 0 || top_logprobs > 20) fields.wrong("top_logprobs", "between 0 and 20");
    create.include_logprobs = create.include_logprobs || top_logprobs > 0;
  }
  if (create.include_logprobs) sampling.num_logprobs = top_logprobs;
}

// What a client may ask for and this build cannot do is refused by name, never silently dropped.
void refuse_unsupported(JsonFields& fields) {
  bool flag = false;
  if (fields.read("background", flag) && flag)
    fields.unsupported("background", "background responses do not exist over a WebSocket");
  flag = true;
  if (fields.read("stream", flag) && !flag)
    fields.unsupported("stream", "a WebSocket always streams: leave `stream` out");
  if (const auto* tools = fields.find("tools")) {
    if (!tools->is_array())
      fields.wrong("tools", "a list");
    else if (!tools->get_array().empty())
      fields.unsupported("tools", "tools are not supported: send `tools` empty or not at all");
  }
  if (const auto* choice = fields.find("tool_choice")) {
    if (*choice != "auto" && *choice != "none")
      fields.unsupported("tool_choice", "only `auto` and `none` are supported");
  }
  for (const char* name :
       {"conversation", "prompt", "beam_width", "length_penalty", "early_stopping"}) {
    if (fields.find(name) != nullptr)
      fields.unsupported(name, std::string(name) + " is not supported");
  }
  if (const auto* text = fields.find("text")) {
    const auto* format = text->is_object() ? text->get_object().if_contains("format") : nullptr;
    const auto* type = format != nullptr && format->is_object()
                           ? format->get_object().if_contains("type")
                           : nullptr;
    if (!text->is_object())
      fields.wrong("text", "an object");
    else if (format != nullptr && !format->is_null() && (type == nullptr || *type != "text")) {
      fields.unsupported("text.format", "only the format `text` is supported");
    }
  }
  if (const auto* reasoning = fields.find("reasoning")) {
    if (!reasoning->is_object()) return void(fields.wrong("reasoning", "an object"));
    for (const auto& member : reasoning->get_object()) {
      if (!member.value().is_null() && member.value() != "none")
        fields.unsupported("reasoning", "reasoning cannot be set");
    }
  }
}

void read_include(JsonFields& fields, ResponseCreate& create) {
  const auto* include = fields.find("include");
  if (include == nullptr) return;
  if (!include->is_array()) return void(fields.wrong("include", "a list of strings"));
  for (const auto& each : include->get_array()) {
    if (!each.is_string()) return void(fields.wrong("include", "a list of strings"));
    if (each == "message.output_text.logprobs") create.include_logprobs = true;
  }
}

void read_extensions(JsonFields& fields, ResponseCreate& create) {
  const auto* octavo = fields.find("octavo");
  if (octavo == nullptr) return;
  if (!octavo->is_object()) return void(fields.wrong("octavo", "an object"));
  JsonFields extension(octavo->get_object());
  std::int64_t deadline = 0;
  if (extension.read("deadline_ms", deadline)) {
    if (deadline < 1 || deadline > 86'400'000)
      extension.wrong("deadline_ms", "between 1 and 86400000");
    create.deadline = std::chrono::milliseconds(deadline);
  }
  for (const char* name : {"priority", "resume_grace_ms"}) {
    if (extension.find(name) != nullptr)
      extension.unsupported(name, std::string("octavo.") + name + " is not supported");
  }
  if (const auto* ids = extension.find("prompt_token_ids")) {
    if (!ids->is_array() || ids->get_array().empty() || ids->get_array().size() > kMaxInputTokens) {
      extension.wrong("prompt_token_ids", "a list of token ids, not empty");
    } else {
      create.input_token_ids.emplace();
      for (const auto& each : ids->get_array()) {
        boost::system::error_code error;
        create.input_token_ids->push_back(each.to_number<std::int32_t>(error));
        if (error) extension.wrong("prompt_token_ids", "a list of token ids");
      }
    }
  }
  if (const auto& error = extension.error()) {
    if (error->code == Errc::kUnsupportedParameter)
      fields.unsupported("octavo." + error->param, error->detail);
    else
      fields.wrong("octavo." + error->param,
                   error->detail.substr(error->param.size() + sizeof(" must be")));
  }
}

std::ptrdiff_t num_characters(std::string_view utf8) {
  return std::count_if(utf8.begin(), utf8.end(),
                       [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; });
}

// It comes back in three events, so it is kept as small as the standard has it.
void read_metadata(JsonFields& fields, ResponseCreate& create) {
  const auto* metadata = fields.find("metadata");
  if (metadata == nullptr) return;
  if (!metadata->is_object()) return void(fields.wrong("metadata", "an object"));
  const json::object& pairs = metadata->get_object();
  bool fits = pairs.size() <= 16;
  for (const auto& [key, value] : pairs)
    fits = fits && num_characters(key) <= 64 && value.is_string() &&
           num_characters(value.get_string()) <= 512;
  if (!fits)
    return void(
        fields.wrong("metadata", "at most 16 pairs of a key of 64 characters and a string of 512"));
  create.metadata = pairs;
}

Result<ResponseCreate> parse_create(const json::object& object, std::string stream_id) {
  ResponseCreate create;
  create.stream_id = std::move(stream_id);
  JsonFields fields(object);
  refuse_unsupported(fields);
  fields.read("model", create.model);
  fields.read("previous_response_id", create.previous_response_id);
  fields.read("instructions", create.instructions);
  fields.read("generate", create.generate);
  fields.read("store", create.store);
  read_include(fields, create);
  read_extensions(fields, create);
  read_sampling(fields, create);
  read_metadata(fields, create);
  if (fields.error()) return *fields.error();
  const auto* input = fields.find("input");
  if (input == nullptr && !create.input_token_ids && create.previous_response_id.empty() &&
      create.instructions.empty()) {
    return Error{Errc::kInvalidValue, "input is missing: send a string or a list of messages",
                 "input"};
  }
  if (input != nullptr) {
    if (input->is_string()) create.text_input.assign(input->get_string());
    auto messages = messages_of(*input);
    if (!messages) return messages.error();
    create.input = std::move(*messages);
  }
  for (const auto& member : object) {
    if (!contains(kKnown, member.key()) && !contains(kHarmless, member.key()))
      create.unknown_fields.emplace_back(member.key());
  }
  return create;
}

Result<ResponseCancel> parse_cancel(const json::object& object, std::string stream_id) {
  ResponseCancel cancel;
  JsonFields fields(object);
  fields.read("response_id", cancel.response_id);
  cancel.names_lane = fields.find("stream_id") != nullptr;
  cancel.stream_id = std::move(stream_id);
  if (fields.error()) return *fields.error();
  if (cancel.response_id.empty() && !cancel.names_lane) {
    return Error{Errc::kInvalidEvent, "response.cancel names neither response_id nor stream_id",
                 "response_id"};
  }
  return cancel;
}

}  // namespace

bool is_valid_stream_id(std::string_view stream_id) {
  if (stream_id.empty() || stream_id.size() > 256) return false;
  return std::all_of(stream_id.begin(), stream_id.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.' || c == '-';
  });
}

boost::system::result<ClientEvent, RefusedEvent> parse_client_event(std::string_view frame) {
  json::parse_options options;
  options.max_depth = kMaxDepth;
  boost::system::error_code error;
  const json::value value = json::parse(frame, error, {}, options);
  if (error)
    return RefusedEvent{{Errc::kInvalidJson, "the frame is not valid JSON: " + error.message(), ""},
                        ""};
  if (!value.is_object())
    return RefusedEvent{{Errc::kInvalidEvent, "the frame is not a JSON object", ""}, ""};
  const json::object& object = value.get_object();

  std::string stream_id;
  if (const auto* lane = object.if_contains("stream_id"); lane != nullptr && !lane->is_null()) {
    if (!lane->is_string() || !is_valid_stream_id(lane->get_string())) {
      return RefusedEvent{{Errc::kInvalidStreamId, "", "stream_id"}, ""};
    }
    stream_id.assign(lane->get_string());
  }
  const auto* type = object.if_contains("type");
  if (type == nullptr || !type->is_string()) {
    return RefusedEvent{{Errc::kInvalidEvent, "the event has no `type`", "type"}, stream_id};
  }
  const auto refuse = [&](const Error& why) { return RefusedEvent{why, stream_id}; };
  if (*type == "response.create") {
    auto create = parse_create(object, stream_id);
    if (!create) return refuse(create.error());
    return ClientEvent(std::move(*create));
  }
  if (*type == "response.cancel") {
    auto cancel = parse_cancel(object, stream_id);
    if (!cancel) return refuse(cancel.error());
    return ClientEvent(std::move(*cancel));
  }
  if (*type == "octavo:subscribe") {
    auto subscribe = parse_subscribe(object);
    if (!subscribe) return refuse(subscribe.error());
    return ClientEvent(*subscribe);
  }
  if (*type == "octavo:unsubscribe") {
    auto unsubscribe = parse_unsubscribe(object);
    if (!unsubscribe) return refuse(unsubscribe.error());
    return ClientEvent(*unsubscribe);
  }
  const std::string name(type->get_string().subview(0, 64));
  return refuse(
      {Errc::kUnknownEventType,
       "the event type `" + name + "` is not known: send response.create or response.cancel",
       "type"});
}

}  // namespace octavo
