// What a client says over the WebSocket, as values: the session never sees raw JSON. One text frame
// is one event; a frame that is not one becomes an `Error` with the lane it was meant for, where
// that can still be read.
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "protocol/feed_event.hpp"
#include "protocol/json_body.hpp"
#include "src/core/result.hpp"
#include "src/response/response_create.hpp"
#include "src/response/steer.hpp"

namespace octavo {

/// `response.cancel`: by id, or everything that a lane runs and queues. With both names the
/// response must be on that lane.
struct ResponseCancel {
  std::string response_id;
  std::string stream_id;
  bool names_lane = false;
  std::vector<std::string> unknown_fields{};
};

/// `octavo:response.resume`: back to a response whose connection broke.
struct ResponseResume {
  std::string response_id;
  std::int64_t starting_after = -1;  ///< The number of the last event that came; -1: none.
  std::string stream_id;
  std::vector<std::string> unknown_fields{};
};

using ClientEvent = std::variant<ResponseCreate, ResponseCancel, ResponseSteer, ResponseResume,
                                 FeedSubscribe, FeedUnsubscribe>;

/// A frame that was refused.
struct RefusedEvent {
  Error error;
  std::string stream_id;    ///< Echoes the lane when the frame named a valid one.
  bool is_request = false;  ///< It asks for a response, or nobody can say that it does not.
};

/// frame: UTF-8 JSON, nested at most max_depth deep. Errors: kInvalidJson, kInvalidEvent,
/// kUnknownEventType, kInvalidValue, kUnsupportedParameter, kInvalidStreamId.
boost::system::result<ClientEvent, RefusedEvent> parse_client_event(
    std::string_view frame, std::size_t max_depth = kMaxJsonDepth);

/// 1 to 256 characters of [A-Za-z0-9_.-].
bool is_valid_stream_id(std::string_view stream_id);

[[noreturn]] inline void throw_exception_from_error(const RefusedEvent& refused,
                                                    const boost::source_location&) {
  throw std::runtime_error(refused.error.message());
}

}  // namespace octavo
