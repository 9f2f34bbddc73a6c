// The head of an HTTP request: whatever Beast's parser accepts goes through the server's own
// checks, and what they let pass has no second reading.
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/websocket/rfc6455.hpp>

#include "protocol/cors.hpp"
#include "protocol/http_checks.hpp"
#include "protocol/http_error.hpp"
#include "protocol/http_route.hpp"
#include "protocol/request_path.hpp"
#include "protocol/response_list.hpp"
#include "tests/fuzz/support.hpp"

namespace octavo::fuzz {
namespace {

const HttpPolicy& policy() {
  static const HttpPolicy policy{
      {"secret", "other"},
      {"https://chat.example"},
      AllowedHosts::make(boost::asio::ip::make_address("0.0.0.0"), "octavo.example",
                         {"octavo.example:8080", "[::1]"})
          .value()};
  return policy;
}

void check_passed(const http::request_header<>& head) {
  expect(head.count(http::field::host) == 1, "a request passed without exactly one Host");
  expect(head.count(http::field::content_length) <= 1, "two lengths passed");
  const bool has_length = head.count(http::field::content_length) > 0;
  const bool is_coded = head.count(http::field::transfer_encoding) > 0;
  expect(!has_length || !is_coded, "a length passed beside a transfer coding");
  if (is_coded)
    expect(boost::beast::iequals(head[http::field::transfer_encoding], "chunked"),
           "a foreign transfer coding passed");
  expect(head.target().starts_with('/'), "a target passed that is no path");
}

void walk(const http::request_header<>& head) {
  const std::string_view target(head.target().data(), head.target().size());
  if (const auto path = decoded_path(target)) {
    expect(path->find('\0') == std::string::npos, "a path has a NUL");
    route_of(*path).allows("GET");
  }
  query_value(target, "stream");
  (void)parse_list_page(target);
  const auto caller = caller_of(head, policy());
  expect(!caller || caller->api_key == "secret" || caller->api_key == "other",
         "a foreign key passed");
  (void)check_num_fields(head, 100);
  (void)check_websocket_key(head);
  if (const auto id = request_id_of(head))
    expect(!id->empty() && id->size() <= 128, "a request's name has no such length");
  (void)offers_octavo_v1(head);
  (void)boost::beast::websocket::is_upgrade(
      http::request<http::string_body>(http::request_header<>(head)));
  http::response<http::string_body> response;
  allow_origin(head, policy(), response.base());
  allow_methods(head, policy(), "GET", response.base());
}

}  // namespace
}  // namespace octavo::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace octavo;
  http::request_parser<http::string_body> parser;
  parser.header_limit(16U << 10U);
  boost::system::error_code error;
  parser.put(boost::asio::buffer(data, size), error);
  if (error || !parser.is_header_done()) return 0;
  const http::request_header<>& head = parser.get().base();
  if (const auto refusal = check_head(head)) {
    fuzz::expect(!refusal->message.empty(), "a refusal without a reason");
    return 0;
  }
  fuzz::check_passed(head);
  (void)check_host(head, fuzz::policy());
  (void)check_origin(head, fuzz::policy());
  (void)is_allowed_origin(head, fuzz::policy());
  fuzz::walk(head);
  return 0;
}
