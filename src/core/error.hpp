// What can go wrong, as values. The caller's fault and the world's fault travel as `Error`;
// our own fault is an `OCTAVO_ASSERT`.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>
#include <string_view>

namespace octavo {

enum class Errc : std::uint8_t {
  kInvalidJson,           ///< The bytes are not one JSON object within the depth limit.
  kInvalidEvent,          ///< The JSON is not an event: no `type`, or a member of the wrong kind.
  kUnknownEventType,      ///< The `type` of the event is not one that the server knows.
  kInvalidValue,          ///< A known field has a value outside its range or of the wrong type.
  kUnsupportedParameter,  ///< A known field asks for something that this build cannot honour.
  kInvalidStreamId,       ///< A lane's name is empty, too long, or has a character outside the set.
  kStreamLimitReached,    ///< The connection already has its 32 named lanes.
  kPreviousResponseNotFound,  ///< `previous_response_id` names nothing that connection or server
                              ///< know.
  kContextLengthExceeded,     ///< Prompt and completion together are longer than the model or the
                              ///< cache holds.
  kModelNotFound,             ///< The request names a model that is not served.
  kResponseNotFound,          ///< A cancel or look-up names no response that the client may know.
  kQueueFull,                 ///< Too many requests wait already; try again later.
  kConnectionLimitReached,    ///< The connection is older than its 60 minutes.
  kEngineError,               ///< The engine failed while it worked on the request.
  kServerDraining,            ///< The server is shutting down and takes nothing new.
  kDeadlineExceeded,          ///< The request's deadline passed before it was finished.
  kInvalidApiKey,             ///< The key is missing or wrong.
  kInvalidFile,           ///< A file of a model or a template is missing, damaged or contradictory.
  kUnsupportedModel,      ///< The model needs mathematics that Octavo does not have.
  kTemplateError,         ///< A chat template failed, raised, or ran over its budget.
  kIo,                    ///< The operating system refused: open, map, bind, ...
  kOutOfMemory,           ///< The memory asked for could not be had.
  kSlowConsumer,          ///< The client does not read what it is sent.
  kResumeWindowExceeded,  ///< Events that a client missed are no longer kept.
  kRateLimited,           ///< The API key has used what it may use for now.
};

/// The snake_case name that goes over the wire, for instance `invalid_value`.
std::string_view wire_code(Errc code);
/// One sentence in English that says when the code occurs.
std::string_view describe(Errc code);

struct Error {
  Errc code{};
  std::string detail;  ///< What and why, one line, for a person; names the fix where there is one.
  std::string param;   ///< The field at fault, empty when none.
  std::int64_t retry_after_s = 0;  ///< Seconds after which it is worth to ask again; 0: not known.

  /// `detail`, or the code's sentence when there is none.
  std::string message() const;
  friend bool operator==(const Error&, const Error&) = default;
};

std::ostream& operator<<(std::ostream& out, const Error& error);

/// Aborts with the place and the reason. On in every build; nothing a client or a file sends may
/// reach it.
[[noreturn]] void assertion_failed(const char* expression, const char* file, int line);

}  // namespace octavo

#define OCTAVO_ASSERT(expression)      \
  ((expression) ? static_cast<void>(0) \
                : ::octavo::assertion_failed(#expression, __FILE__, __LINE__))
