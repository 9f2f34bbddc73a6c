#include "protocol/client_event.hpp"

#include <algorithm>
#include <array>

#include "protocol/create_body.hpp"
#include "protocol/input_items.hpp"
#include "protocol/json_body.hpp"
#include "protocol/unknown_fields.hpp"
#include "src/core/json_reader.hpp"
#include "src/core/utf8.hpp"

namespace octavo {
namespace {

namespace json = boost::json;

Result<ResponseCreate> parse_create(const json::object& object, std::string stream_id) {
  auto create = parse_create(object, Transport::kWebSocket);
  if (create) create->stream_id = std::move(stream_id);
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

Result<ResponseResume> parse_resume(const json::object& object, std::string stream_id) {
  ResponseResume resume;
  JsonReader fields(object);
  fields.read("response_id", resume.response_id);
  if (fields.read("starting_after", resume.starting_after) && resume.starting_after < 0)
    fields.wrong("starting_after", "0 or more");
  resume.stream_id = std::move(stream_id);
  note_envelope(fields, resume.unknown_fields);
  if (fields.error()) return *fields.error();
  if (resume.response_id.empty()) {
    return Error{Errc::kInvalidEvent, "octavo:response.resume names no response_id", "response_id"};
  }
  return resume;
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
  if (type == "octavo:response.resume")
    return or_refused(parse_resume(object, stream_id), stream_id);
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

boost::system::result<ClientEvent, RefusedEvent> parse_client_event(std::string_view frame,
                                                                    std::size_t max_depth) {
  const auto value = parse_json(frame, "the frame", max_depth);
  if (!value) return RefusedEvent{value.error(), "", true};
  if (!value->is_object())
    return RefusedEvent{{Errc::kInvalidEvent, "the frame is not a JSON object", ""}, "", true};
  const json::object& object = value->get_object();
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
