#include "protocol/client_event.hpp"

#include <algorithm>
#include <array>
#include <boost/json/parse.hpp>

#include "protocol/input_items.hpp"
#include "protocol/sampling_fields.hpp"
#include "protocol/standard_fields.hpp"
#include "protocol/unknown_fields.hpp"
#include "src/core/json_reader.hpp"
#include "src/core/utf8.hpp"

namespace octavo {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxDepth = 32;
constexpr std::size_t kMaxSaltBytes = 1024;
constexpr std::size_t kMaxInputTokens = std::size_t{1} << 20;

void read_cache_salt(JsonReader& fields, ResponseCreate& create) {
  std::string salt;
  if (!fields.read("cache_salt", salt)) return;
  if (salt.empty() || salt.size() > kMaxSaltBytes)
    fields.wrong("cache_salt", "a string of 1 to 1024 bytes");
  else if (!create.cache_salt.empty() && create.cache_salt != salt)
    fields.wrong("cache_salt", "the same as `octavo.cache_salt`, or left out");
  create.cache_salt = std::move(salt);
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

// For a client that did not offer `octavo.v1` and wants events outside the standard all the same.
void read_events(JsonReader& extension, ResponseCreate& create) {
  std::vector<std::string> names;
  extension.read("events", names);
  for (const std::string& name : names) {
    if (name == "octavo:response.preempted")
      create.wants_preempted = true;
    else if (name == "octavo:response.resumed")
      create.wants_resumed = true;
    else
      extension.wrong("events", "a list of octavo:response.preempted and octavo:response.resumed");
  }
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
  read_events(extension, create);
  read_cache_salt(extension, create);
  if (extension.find("resume_grace_ms") != nullptr)
    extension.unsupported("resume_grace_ms", "octavo.resume_grace_ms is not supported");
  read_prompt_token_ids(extension, create);
  note_unknown(extension, "octavo", create.unknown_fields);
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

// A prompt is tokens or words: of two prompts one would be dropped.
void refuse_two_prompts(JsonReader& fields, const ResponseCreate& create) {
  if (!create.input_token_ids) return;
  for (const char* name : {"input", "instructions"}) {
    const auto* value = fields.find(name);
    if (value == nullptr) continue;
    const bool is_empty = value->is_string()  ? value->get_string().empty()
                          : value->is_array() ? value->get_array().empty()
                                              : false;
    if (!is_empty) {
      fields.unsupported(name, std::string(name) +
                                   " cannot be combined with octavo.prompt_token_ids: leave one "
                                   "of them out");
    }
  }
}

Result<void> read_input(JsonReader& fields, ResponseCreate& create) {
  const auto* input = fields.find("input");
  if (input == nullptr && !create.input_token_ids && create.previous_response_id.empty() &&
      create.instructions.empty()) {
    return Error{Errc::kInvalidValue, "input is missing: send a string or a list of messages",
                 "input"};
  }
  if (input == nullptr || create.input_token_ids) return {};
  if (input->is_string()) create.text_input.assign(input->get_string());
  auto messages = messages_of(*input, &create.unknown_fields);
  if (!messages) return messages.error();
  create.input = std::move(*messages);
  return {};
}

Result<ResponseCreate> parse_create(const json::object& object, std::string stream_id) {
  ResponseCreate create;
  create.stream_id = std::move(stream_id);
  JsonReader fields(object);
  fields.find("type");
  fields.find("stream_id");
  read_standard_fields(fields, create);
  fields.read("model", create.model);
  fields.read("previous_response_id", create.previous_response_id);
  fields.read("instructions", create.instructions);
  fields.read("generate", create.generate);
  fields.read("store", create.store);
  read_extensions(fields, create);
  read_cache_salt(fields, create);
  read_sampling(fields, create);
  read_metadata(fields, create);
  refuse_two_prompts(fields, create);
  if (fields.error()) return *fields.error();
  if (auto read = read_input(fields, create); !read) return read.error();
  note_unknown(fields, "", create.unknown_fields);
  return create;
}

// Every event may have a name of its own, and belong to a lane.
void note_envelope(JsonReader& fields, std::vector<std::string>& unknown_fields) {
  std::string event_id;
  fields.read("event_id", event_id);
  fields.find("type");
  fields.find("stream_id");
  note_unknown(fields, "", unknown_fields);
}

Result<ResponseCancel> parse_cancel(const json::object& object, std::string stream_id) {
  ResponseCancel cancel;
  JsonReader fields(object);
  fields.read("response_id", cancel.response_id);
  cancel.names_lane = fields.find("stream_id") != nullptr;
  cancel.stream_id = std::move(stream_id);
  note_envelope(fields, cancel.unknown_fields);
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
  const auto* input = fields.find("input");
  note_envelope(fields, steer.unknown_fields);
  if (fields.error()) return *fields.error();
  if (steer.previous_response_id.empty()) {
    return Error{Errc::kInvalidEvent, "response.steer names no previous_response_id",
                 "previous_response_id"};
  }
  if (input != nullptr) steer.given_input = *input;
  steer.fault = fault_of_steering(input);
  if (steer.fault) return steer;
  if (input->is_string()) steer.text_input.assign(input->get_string());
  auto messages = messages_of(*input, &steer.unknown_fields);
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

namespace {

template <class Event>
boost::system::result<ClientEvent, RefusedEvent> or_refused(Result<Event> event,
                                                            const std::string& stream_id,
                                                            bool is_request = false) {
  if (!event) return RefusedEvent{event.error(), stream_id, is_request};
  return ClientEvent(std::move(*event));
}

boost::system::result<ClientEvent, RefusedEvent> parse_event(const json::object& object,
                                                             std::string_view type,
                                                             const std::string& stream_id) {
  if (type == "response.create")
    return or_refused(parse_create(object, stream_id), stream_id, true);
  if (type == "response.cancel") return or_refused(parse_cancel(object, stream_id), stream_id);
  if (type == "response.steer") return or_refused(parse_steer(object), stream_id);
  if (type == "octavo:subscribe") return or_refused(parse_subscribe(object), stream_id);
  if (type == "octavo:unsubscribe") return or_refused(parse_unsubscribe(object), stream_id);
  return RefusedEvent{{Errc::kUnknownEventType,
                       "the event type `" + quotable(type, 64) +
                           "` is not known: send response.create, response.steer or "
                           "response.cancel",
                       "type"},
                      stream_id,
                      false};
}

}  // namespace

boost::system::result<ClientEvent, RefusedEvent> parse_client_event(std::string_view frame) {
  json::parse_options options;
  options.max_depth = kMaxDepth;
  boost::system::error_code error;
  const json::value value = json::parse(frame, error, {}, options);
  if (error)
    return RefusedEvent{
        {Errc::kInvalidJson, "the frame is not valid JSON: " + error.message(), ""}, "", true};
  if (!value.is_object())
    return RefusedEvent{{Errc::kInvalidEvent, "the frame is not a JSON object", ""}, "", true};
  const json::object& object = value.get_object();
  const auto* type = object.if_contains("type");
  const bool has_type = type != nullptr && type->is_string();
  const bool may_be_request = !has_type || *type == "response.create";

  std::string stream_id;
  if (const auto* lane = object.if_contains("stream_id"); lane != nullptr && !lane->is_null()) {
    if (!lane->is_string() || !is_valid_stream_id(lane->get_string())) {
      return RefusedEvent{{Errc::kInvalidStreamId, "", "stream_id"}, "", may_be_request};
    }
    stream_id.assign(lane->get_string());
  }
  if (!has_type) {
    return RefusedEvent{{Errc::kInvalidEvent, "the event has no `type`", "type"}, stream_id, true};
  }
  return parse_event(object, type->get_string(), stream_id);
}

}  // namespace octavo
