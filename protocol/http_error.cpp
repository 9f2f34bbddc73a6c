#include "protocol/http_error.hpp"

#include "protocol/error_frame.hpp"

namespace octavo {

HttpReply refusal_response(const HttpRefusal& refusal) {
  HttpReply reply = make_reply(refusal.status, "application/json");
  if (refusal.status == http::status::unauthorized) {
    reply.set(http::field::www_authenticate, "Bearer");
    reply.body() = error_body(refusal.message, "authentication_error", "invalid_api_key");
  } else if (refusal.status == http::status::not_found) {
    reply.body() = error_body(refusal.message, "not_found", "not_found");
  } else {
    reply.body() = error_body(refusal.message, "invalid_request_error", "invalid_request");
  }
  return reply;
}

void set_error(const Error& error, HttpReply& reply) {
  reply.result(static_cast<unsigned>(http_status(error.code)));
  reply.set(http::field::content_type, "application/json");
  reply.body() = error_body(error);
  if (error.code == Errc::kQueueFull || error.code == Errc::kServerDraining)
    reply.set(http::field::retry_after, "1");
}

HttpReply error_reply(const Error& error) {
  HttpReply reply = make_reply(http::status::ok);
  set_error(error, reply);
  return reply;
}

}  // namespace octavo
