#include "protocol/client_event.hpp"

#include <algorithm>
#include <array>
#include <boost/json/parse.hpp>

#include "protocol/input_items.hpp"
#include "protocol/sampling_fields.hpp"
#include "src/core/json_reader.hpp"
#include "src/core/utf8.hpp"

namespace octavo {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxDepth = 32;
constexpr std::size_t kMaxSaltBytes = 1024;
constexpr std::size_t kMaxInputTokens = std::size_t{1} << 20;

// Fields of the standard that are accepted without effect: they describe things that do not change
// the answer here.
constexpr std::array<std::string_view, 12> kHarmless{
    "type",       "stream_id",         "stream_options",         "parallel_tool_calls",
    "user",       "safety_identifier", "prompt_cache_key",       "service_tier",
    "truncation", "max_tool_calls",    "prompt_cache_retention", "event_id"};

// What a client may ask for and this build cannot do is refused by name, never silently dropped.
void refuse_unsupported(JsonReader& fields) {
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
  for (const char* name : {"conversation", "prompt"}) {
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
    for (const auto& member : fields.as_object("reasoning", *reasoning)) {
      if (!member.value().is_null() && member.value() != "none")
        fields.unsupported("reasoning", "reasoning cannot be set");
    }
  }
}

void read_include(JsonReader& fields, ResponseCreate& create) {
  std::vector<std::string> names;
  fields.read("include", names);
  if (std::ranges::find(names, "message.output_text.logprobs") != names.end())
    create.include_logprobs = true;
}

void read_cache_salt(JsonReader& fields, ResponseCreate& create) {
  if (fields.read("cache_salt", create.cache_salt) &&
      (create.cache_salt.empty() || create.cache_salt.size() > kMaxSaltBytes))
    fields.wrong("cache_salt", "a string of 1 to 1024 bytes");
}

// An empty list adds nothing to the tokens of the response before: the model goes on where it
// stopped.
void read_prompt_token_ids(JsonReader& extension, ResponseCreate& create) {
  if (!extension.read("prompt_token_ids", create.input_token_ids)) return;
  const bool is_nothing = create.input_token_ids->empty() && create.previous_response_id.empty();
  if (is_nothing || create.input_token_ids->size() > kMaxInputTokens)
    extension.wrong("prompt_token_ids",
                    "a list of token ids, empty only with previous_response_id");
}

void read_extensions(JsonReader& fields, ResponseCreate& create) {
  const auto* octavo = fields.find("octavo");
  if (octavo == nullptr) return;
  JsonReader extension(fields.as_object("octavo", *octavo), fields, "octavo");
  std::int64_t deadline = 0;
  if (extension.read("deadline_ms", deadline)) {
    if (deadline < 1 || deadline > 86'400'000)
      extension.wrong("deadline_ms", "between 1 and 86400000");
    create.deadline = std::chrono::milliseconds(deadline);
  }
  extension.read("priority", create.priority);
  read_cache_salt(extension, create);
  if (extension.find("resume_grace_ms") != nullptr)
    extension.unsupported("resume_grace_ms", "octavo.resume_grace_ms is not supported");
  read_prompt_token_ids(extension, create);
}

// It comes back in three events, so it is kept as small as the standard has it.
void read_metadata(JsonReader& fields, ResponseCreate& create) {
  const auto* metadata = fields.find("metadata");
  if (metadata == nullptr) return;
  const json::object& pairs = fields.as_object("metadata", *metadata);
  bool fits = pairs.size() <= 16;
  for (const auto& [key, value] : pairs)
    fits = fits && count_characters(key) <= 64 && value.is_string() &&
           count_characters(value.get_string()) <= 512;
  if (!fits)
    fields.wrong("metadata", "at most 16 pairs of a key of 64 characters and a string of 512");
  create.metadata = pairs;
}

Result<ResponseCreate> parse_create(const json::object& object, std::string stream_id) {
  ResponseCreate create;
  create.stream_id = std::move(stream_id);
  JsonReader fields(object);
  refuse_unsupported(fields);
  fields.read("model", create.model);
  fields.read("previous_response_id", create.previous_response_id);
  fields.read("instructions", create.instructions);
  fields.read("generate", create.generate);
  fields.read("store", create.store);
  read_include(fields, create);
  read_extensions(fields, create);
  read_cache_salt(fields, create);
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
  for (const std::string_view name : fields.not_asked_for()) {
    if (std::ranges::find(kHarmless, name) == kHarmless.end())
      create.unknown_fields.emplace_back(name);
  }
  return create;
}

Result<ResponseCancel> parse_cancel(const json::object& object, std::string stream_id) {
  ResponseCancel cancel;
  JsonReader fields(object);
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

std::optional<Error> fault_of_steering(const json::value* input) {
  if (input == nullptr) return Error{Errc::kInvalidValue, "input is missing", "input"};
  if (!input->is_array()) return std::nullopt;
  if (input->get_array().empty())
    return Error{Errc::kInvalidValue, "input must be a string or a list of messages, not empty",
                 "input"};
  for (const auto& item : input->get_array()) {
    const auto* message = item.if_object();
    const auto* role = message != nullptr ? message->if_contains("role") : nullptr;
    if (role == nullptr || *role != "user")
      return Error{Errc::kInvalidValue, "input must be messages of the role `user`", "input"};
  }
  return std::nullopt;
}

Result<ResponseSteer> parse_steer(const json::object& object) {
  ResponseSteer steer;
  JsonReader fields(object);
  fields.read("previous_response_id", steer.previous_response_id);
  if (fields.error()) return *fields.error();
  if (steer.previous_response_id.empty()) {
    return Error{Errc::kInvalidEvent, "response.steer names no previous_response_id",
                 "previous_response_id"};
  }
  const auto* input = fields.find("input");
  if (input != nullptr) steer.given_input = *input;
  steer.fault = fault_of_steering(input);
  if (steer.fault) return steer;
  if (input->is_string()) steer.text_input.assign(input->get_string());
  auto messages = messages_of(*input);
  if (messages)
    steer.input = std::move(*messages);
  else
    steer.fault = messages.error();
  return steer;
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
  if (*type == "response.steer") {
    auto steer = parse_steer(object);
    if (!steer) return refuse(steer.error());
    return ClientEvent(std::move(*steer));
  }
  const std::string name = quotable(type->get_string(), 64);
  return refuse({Errc::kUnknownEventType,
                 "the event type `" + name +
                     "` is not known: send response.create, response.steer or "
                     "response.cancel",
                 "type"});
}

}  // namespace octavo
