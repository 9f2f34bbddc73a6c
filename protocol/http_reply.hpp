// What every answer over HTTP has, whatever it says.
#pragma once

#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <string>
#include <string_view>

namespace octavo {

namespace http = boost::beast::http;
using HttpReply = http::response<http::string_body>;

/// type: the body's media type; empty for an answer without a body.
inline HttpReply make_reply(http::status status, std::string_view type = {},
                            std::string body = {}) {
  HttpReply reply(status, 11);
  reply.set(http::field::server, "octavo");
  reply.set("X-Content-Type-Options", "nosniff");
  if (!type.empty())
    reply.set(http::field::content_type, boost::beast::string_view(type.data(), type.size()));
  reply.body() = std::move(body);
  return reply;
}

inline HttpReply json_reply(std::string body) {
  return make_reply(http::status::ok, "application/json", std::move(body));
}

}  // namespace octavo
