#include "protocol/http_error.hpp"

#include "protocol/error_frame.hpp"

namespace octavo {

http::response<http::string_body> refusal_response(const HttpRefusal& refusal) {
  http::response<http::string_body> response(refusal.status, 11);
  response.set(http::field::server, "octavo");
  response.set(http::field::content_type, "application/json");
  response.set("X-Content-Type-Options", "nosniff");
  if (refusal.status == http::status::unauthorized) {
    response.set(http::field::www_authenticate, "Bearer");
    response.body() = error_body(refusal.message, "authentication_error", "invalid_api_key");
  } else if (refusal.status == http::status::not_found) {
    response.body() = error_body(refusal.message, "not_found", "not_found");
  } else {
    response.body() = error_body(refusal.message, "invalid_request_error", "invalid_request");
  }
  return response;
}

void set_error(const Error& error, http::response<http::string_body>& response) {
  response.result(static_cast<unsigned>(http_status(error.code)));
  response.set(http::field::content_type, "application/json");
  response.body() = error_body(error);
  if (error.code == Errc::kQueueFull || error.code == Errc::kServerDraining)
    response.set(http::field::retry_after, "1");
}

}  // namespace octavo
