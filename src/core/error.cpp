#include "src/core/error.hpp"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <ostream>

namespace octavo {
namespace {

struct Row {
  std::string_view wire;
  std::string_view sentence;
};

constexpr std::array kRows{
    Row{"invalid_json", "The message is not one JSON object."},
    Row{"invalid_event", "The message is not a valid event."},
    Row{"unknown_event_type", "The event type is not known."},
    Row{"invalid_value", "A field has a value outside its range."},
    Row{"unsupported_parameter", "A field asks for something this server cannot do."},
    Row{"invalid_stream_id", "A stream_id is 1 to 256 characters of [A-Za-z0-9_.-]."},
    Row{"websocket_stream_limit_reached", "A connection has at most 32 named lanes."},
    Row{"previous_response_not_found", "The previous response is not known here."},
    Row{"context_length_exceeded", "The request is longer than the context."},
    Row{"model_not_found", "The model is not served here."},
    Row{"response_not_found", "The response is not known here."},
    Row{"queue_full", "Too many requests are waiting; try again later."},
    Row{"websocket_connection_limit_reached", "The connection has reached its age limit."},
    Row{"engine_error", "The engine failed."},
    Row{"server_draining", "The server is shutting down."},
    Row{"deadline_exceeded", "The deadline of the request has passed."},
    Row{"invalid_api_key", "The API key is missing or wrong."},
    Row{"invalid_file", "A file is missing or damaged."},
    Row{"unsupported_model", "The model is of a kind that is not supported."},
    Row{"template_error", "The chat template failed."},
    Row{"io_error", "The operating system refused an operation."},
    Row{"out_of_memory", "There is not enough memory."},
    Row{"slow_consumer", "The client does not read what it is sent."},
    Row{"resume_window_exceeded", "The events that were missed are no longer kept."},
    Row{"rate_limit_exceeded", "The API key has used what it may use for now."},
};
static_assert(kRows.size() == static_cast<std::size_t>(Errc::kRateLimited) + 1);

}  // namespace

std::string_view wire_code(Errc code) { return kRows.at(static_cast<std::size_t>(code)).wire; }
std::string_view describe(Errc code) { return kRows.at(static_cast<std::size_t>(code)).sentence; }

std::string Error::message() const { return detail.empty() ? std::string(describe(code)) : detail; }

std::ostream& operator<<(std::ostream& out, const Error& error) {
  return out << wire_code(error.code) << ": " << error.message();
}

void assertion_failed(const char* expression, const char* file, int line) {
  std::fprintf(stderr, "%s:%d: assertion failed: %s\n", file, line, expression);
  std::abort();
}

}  // namespace octavo
