// Answers of the routes: JSON with a status, or an error.
#pragma once

#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <string>

#include "protocol/http_error.hpp"

namespace octavo {

using HttpResponse = http::response<http::string_body>;

inline HttpResponse json_response(std::string body) {
  HttpResponse response(http::status::ok, 11);
  response.set(http::field::server, "octavo");
  response.set(http::field::content_type, "application/json");
  response.set("X-Content-Type-Options", "nosniff");
  response.body() = std::move(body);
  return response;
}

inline HttpResponse error_response(const Error& error) {
  HttpResponse response = json_response("");
  set_error(error, response);
  return response;
}

}  // namespace octavo
