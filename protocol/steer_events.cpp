#include "protocol/steer_events.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

namespace octavo {
namespace {

namespace json = boost::json;

std::string_view code_of(SteerFault fault) {
  switch (fault) {
    case SteerFault::kResponseNotFound:
      return "response_not_found";
    case SteerFault::kInvalidInput:
      return "invalid_input";
    case SteerFault::kNotSupported:
      return "steering_not_supported";
    case SteerFault::kTooManyPending:
      return "too_many_pending_steers";
    case SteerFault::kSuccessorFailed:
      return "successor_creation_failed";
    case SteerFault::kServerDraining:
      return "server_draining";
  }
  return "?";
}

json::object event(std::string_view type, const Steer& steer, std::int64_t sequence_number) {
  json::object made{{"type", type}, {"sequence_number", sequence_number}};
  if (!steer.stream_id.empty()) made["stream_id"] = steer.stream_id;
  return made;
}

}  // namespace

std::string steer_accepted(const Steer& steer, std::int64_t sequence_number) {
  json::object made = event("response.steer.accepted", steer, sequence_number);
  made["steer"] = {{"id", steer.id}, {"previous_response_id", steer.said.previous_response_id}};
  return json::serialize(made);
}

std::string steer_failed(const Steer& steer, SteerFault fault, std::string_view message,
                         std::int64_t sequence_number) {
  json::object made = event("response.steer.failed", steer, sequence_number);
  made["error"] = {
      {"type", "invalid_request_error"}, {"code", code_of(fault)}, {"message", message}};
  json::object given{{"previous_response_id", steer.said.previous_response_id},
                     {"input", steer.said.given_input}};
  if (!steer.id.empty()) given["id"] = steer.id;
  made["steer"] = std::move(given);
  return json::serialize(made);
}

}  // namespace octavo
