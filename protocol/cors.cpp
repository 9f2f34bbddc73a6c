#include "protocol/cors.hpp"

namespace octavo {

void allow_origin(const http::request_header<>& request, const HttpPolicy& policy,
                  http::response_header<>& response) {
  if (policy.allowed_origins.empty()) return;
  response.insert(http::field::vary, "Origin");
  if (!is_allowed_origin(request, policy)) return;
  response.set(http::field::access_control_allow_origin, request[http::field::origin]);
  response.set(http::field::access_control_expose_headers,
               "Retry-After, WWW-Authenticate, X-Request-Id");
}

void allow_methods(const http::request_header<>& request, const HttpPolicy& policy,
                   std::string_view methods, http::response_header<>& response) {
  const boost::beast::string_view allowed(methods.data(), methods.size());
  response.set(http::field::allow, allowed);
  if (!is_allowed_origin(request, policy)) return;
  response.set(http::field::access_control_allow_methods, allowed);
  const auto asked = request[http::field::access_control_request_headers];
  response.set(http::field::access_control_allow_headers,
               asked.empty() ? boost::beast::string_view("Authorization, Content-Type") : asked);
  response.set(http::field::access_control_max_age, "600");
  // Chrome asks before a page from elsewhere may reach a private address.
  if (request["Access-Control-Request-Private-Network"] == "true")
    response.set("Access-Control-Allow-Private-Network", "true");
}

}  // namespace octavo
