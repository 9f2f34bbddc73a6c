#include "protocol/request_target.hpp"

#include "tests/support/catch.hpp"

using namespace octavo;

namespace {

struct Resolved {
  std::string target;
  std::string host;
  unsigned status = 0;
};

/// What becomes of a request with this target and `Host: localhost`.
Resolved resolved(const std::string& target) {
  http::request_header<> head;
  head.target(target);
  head.set(http::field::host, "localhost");
  const auto refusal = resolve_target(head);
  return {std::string(head.target()), std::string(head[http::field::host]),
          refusal ? static_cast<unsigned>(refusal->status) : 0};
}

void check_resolved(const std::string& target, const std::string& path, const std::string& host) {
  INFO(target);
  const Resolved is = resolved(target);
  CHECK(is.target == path);
  CHECK(is.host == host);
  CHECK(is.status == 0);
}

}  // namespace

TEST_CASE("a whole address is a path and a host, whatever Host says") {
  check_resolved("http://chat.example/v1/models?x=1", "/v1/models?x=1", "chat.example");
  check_resolved("HTTPS://chat.example:8443/", "/", "chat.example:8443");
  check_resolved("http://chat.example", "/", "chat.example");
  check_resolved("http://chat.example?x=/", "/?x=/", "chat.example");
  check_resolved("http://[::1]:80/health", "/health", "[::1]:80");
  // Hosts that are none are for the check of the host.
  check_resolved("http://user@evil.example/", "/", "user@evil.example");
}

TEST_CASE("other targets stay as they are") {
  for (const std::string target :
       {"/", "/v1/models", "/http://x/", "*", "localhost:80", "ftp://x/", "", "http:/x", "://x/"})
    check_resolved(target, target, "localhost");
}

TEST_CASE("an address without a host is refused") {
  for (const std::string target : {"http://", "http:///health", "https://?x"})
    CHECK(resolved(target).status == 400);
}

TEST_CASE("a second Host is not hidden by the one of the address") {
  http::request_header<> head;
  head.target("http://localhost/");
  head.insert(http::field::host, "localhost");
  head.insert(http::field::host, "evil.example");
  CHECK(!resolve_target(head).has_value());
  CHECK(head.count(http::field::host) == 2);
  CHECK(check_head(head).has_value());
}
