// What a client says over the WebSocket, as values: the session never sees raw JSON. One text frame
// is one event; a frame that is not one becomes an `Error` with the lane it was meant for, where
// that can still be told.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "protocol/feed_event.hpp"
#include "src/core/result.hpp"
#include "src/core/sampling_params.hpp"

namespace octavo {

/// `response.create`, checked field by field. Token ids in `sampling` are not checked against a
/// vocabulary yet.
struct ResponseCreate {
  std::string stream_id;  ///< Empty: the default lane.
  std::string model;      ///< Empty: the model that is served.
  std::string previous_response_id;
  std::string instructions;
  boost::json::array input;  ///< Messages as the chat template takes them: {role, content}.
  std::string text_input;    ///< `input` when it was one plain string; also in `input` then.
  std::optional<std::vector<TokenId>>
      input_token_ids;  ///< `octavo.prompt_token_ids`: instead of text.
  bool generate = true;
  bool store = true;
  bool include_logprobs = false;
  SamplingParams sampling;
  bool has_temperature = false;  ///< Fields not given take the model's generation_config.
  bool has_top_p = false;
  bool has_top_k = false;
  bool has_repetition_penalty = false;
  boost::json::object metadata;
  std::optional<std::chrono::milliseconds> deadline;
  std::int32_t priority = 0;  ///< Smaller goes first, where the server schedules by priority.
  std::string cache_salt;     ///< Prefixes are shared only with requests of the same salt.
  std::vector<std::string> unknown_fields;  ///< Ignored; worth one warning in the log.
};

/// `response.cancel`: by id, or everything that a lane runs and queues.
struct ResponseCancel {
  std::string response_id;
  std::string stream_id;
  bool names_lane = false;
};

/// `response.steer`: more input for a response while it runs. The event itself is well-formed; what
/// is wrong with its input is in `fault`, because the client is told with the input given back.
struct ResponseSteer {
  std::string previous_response_id;
  boost::json::value given_input;  ///< As it came.
  boost::json::array input;        ///< As in ResponseCreate, user messages only.
  std::string text_input;
  std::optional<Error> fault;
};

using ClientEvent =
    std::variant<ResponseCreate, ResponseCancel, ResponseSteer, FeedSubscribe, FeedUnsubscribe>;

/// A frame that was refused. `stream_id` echoes the lane when the frame named a valid one.
struct RefusedEvent {
  Error error;
  std::string stream_id;
};

/// frame: UTF-8 JSON, nested at most 32 deep. Errors: kInvalidJson, kInvalidEvent,
/// kUnknownEventType, kInvalidValue, kUnsupportedParameter, kInvalidStreamId.
boost::system::result<ClientEvent, RefusedEvent> parse_client_event(std::string_view frame);

/// 1 to 256 characters of [A-Za-z0-9_.-].
bool is_valid_stream_id(std::string_view stream_id);

[[noreturn]] inline void throw_exception_from_error(const RefusedEvent& refused,
                                                    const boost::source_location&) {
  throw std::runtime_error(refused.error.message());
}

}  // namespace octavo
