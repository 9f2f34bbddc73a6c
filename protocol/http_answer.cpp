#include "protocol/http_answer.hpp"

namespace octavo {

void HttpAnswer::refuse(const Error& error, const std::string&, std::vector<std::string>&) {
  if (error_) return;
  error_ = error;
  if (error.param == "input" || error.param == "octavo.prompt_token_ids")
    error_->param = prompt_name_;
}

void HttpAnswer::fail(const Response& response) {
  if (error_) return;
  const RequestFinished& finished = response.end().finished;
  if (finished.reason == FinishReason::kDeadline)
    error_ = Error{Errc::kDeadlineExceeded, "", ""};
  else
    error_ = finished.error.value_or(Error{Errc::kEngineError, "", ""});
}

std::string sse_data(std::string_view json) {
  std::string event;
  event.reserve(json.size() + 8);
  event.append("data: ").append(json).append("\n\n");
  return event;
}

}  // namespace octavo
