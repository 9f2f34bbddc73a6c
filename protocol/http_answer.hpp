// The answer to one HTTP request for text: an encoder that also knows how its body ends. What is
// refused before anything was sent is answered with a status; later the body can only end with it.
#pragma once

#include <optional>

#include "protocol/response_encoder.hpp"

namespace octavo {

class HttpAnswer : public ResponseEncoder {
 public:
  /// Server-sent events as they come, or else one body at the end.
  virtual bool is_stream() const = 0;
  /// Once every response has ended: what is left of the body. Called once, and for an answer that
  /// is no stream only where there is no error.
  virtual std::string finish() = 0;

  /// The first thing that went wrong.
  const std::optional<Error>& error() const { return error_; }
  void refuse(const Error& error, const std::string& stream_id,
              std::vector<std::string>& frames) override;

 protected:
  /// prompt_name: the member that a client sends its prompt in, for errors that name it.
  explicit HttpAnswer(std::string_view prompt_name) : prompt_name_(prompt_name) {}
  /// The response has failed and there is nothing else to say of it.
  void fail(const Response& response);

 private:
  std::string_view prompt_name_;
  std::optional<Error> error_;
};

/// One server-sent event without a name: `data: JSON`, an empty line.
std::string sse_data(std::string_view json);
/// What ends every stream of the kind that OpenAI has.
inline constexpr std::string_view kSseDone = "data: [DONE]\n\n";

}  // namespace octavo
