#include "protocol/http_error.hpp"

#include "protocol/error_frame.hpp"

namespace octavo {

HttpReply refusal_response(const HttpRefusal& refusal) {
  HttpReply reply = make_reply(refusal.status, "application/json");
  if (refusal.status == http::status::unauthorized)
    reply.set(http::field::www_authenticate, "Bearer");
  if (refusal.retry_after_s > 0)
    reply.set(http::field::retry_after, std::to_string(refusal.retry_after_s));
  reply.body() =
      error_body(refusal.message, error_type_of(static_cast<int>(refusal.status)), refusal.code);
  return reply;
}

void set_error(const Error& error, HttpReply& reply) {
  reply.result(static_cast<unsigned>(http_status(error.code)));
  reply.set(http::field::content_type, "application/json");
  reply.body() = error_body(error);
  if (const auto seconds = retry_after_of(error))
    reply.set(http::field::retry_after, std::to_string(*seconds));
}

HttpReply error_reply(const Error& error) {
  HttpReply reply = make_reply(http::status::ok);
  set_error(error, reply);
  return reply;
}

}  // namespace octavo
