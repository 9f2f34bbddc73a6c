#include "protocol/http_checks.hpp"

#include "tests/support/catch.hpp"

using namespace octavo;

namespace {

using Fields = std::vector<std::pair<std::string, std::string>>;

http::request_header<> head(const Fields& fields, const std::string& target = "/",
                            unsigned version = 11) {
  http::request_header<> made;
  made.method(http::verb::get);
  made.target(target);
  made.version(version);
  for (const auto& [name, value] : fields) made.insert(name, value);
  return made;
}

unsigned status_of(const Fields& fields, const std::string& target = "/", unsigned version = 11) {
  const auto refusal = check_head(head(fields, target, version));
  return refusal ? static_cast<unsigned>(refusal->status) : 0;
}

const std::pair<std::string, std::string> kHost{"Host", "localhost:8000"};

unsigned origin_status(const Fields& fields, const HttpPolicy& policy = {}) {
  Fields all{kHost};
  all.insert(all.end(), fields.begin(), fields.end());
  const auto refusal = check_origin(head(all), policy);
  return refusal ? static_cast<unsigned>(refusal->status) : 0;
}

}  // namespace

TEST_CASE("an ordinary head passes") {
  CHECK(status_of({kHost}) == 0);
  CHECK(status_of({kHost}, "/v1/models?x=1") == 0);
  CHECK(status_of({kHost, {"Content-Length", "12"}}) == 0);
  CHECK(status_of({kHost}, "/", 10) == 0);
}

TEST_CASE("there is exactly one Host") {
  CHECK(status_of({}) == 400);
  CHECK(status_of({{"Host", ""}}) == 400);
  CHECK(status_of({kHost, {"Host", "elsewhere"}}) == 400);
  CHECK(status_of({kHost, kHost}) == 400);
}

TEST_CASE("nothing can be expected but to be told to go on") {
  CHECK(status_of({kHost, {"Expect", "100-continue"}}) == 0);
  CHECK(status_of({kHost, {"Expect", "100-Continue "}}) == 0);
  for (const char* expected : {"", "200-ok", "100-continue, x", "100-continue;q=1"})
    CHECK(status_of({kHost, {"Expect", expected}}) == 417);
  CHECK(status_of({kHost, {"Expect", "100-continue"}, {"Expect", "100-continue"}}) == 417);
  CHECK(status_of({kHost, {"Expect", "200-ok"}}, "/", 10) == 0);  // HTTP/1.0 has no such field.
}

TEST_CASE("an asterisk is the target of an OPTIONS alone") {
  auto made = head({kHost}, "*");
  CHECK(check_head(made).has_value());
  made.method(http::verb::options);
  CHECK(!check_head(made).has_value());
}

TEST_CASE("the target is a path") {
  for (const char* target : {"", "*", "http://elsewhere/", "elsewhere:80"})
    CHECK(status_of({kHost}, target) == 400);
}

TEST_CASE("a POST may have a body in chunks") {
  http::request_header<> posted = head({kHost, {"Transfer-Encoding", " Chunked "}});
  posted.method(http::verb::post);
  CHECK_FALSE(check_head(posted));
  posted.insert("Content-Length", "5");
  CHECK(check_head(posted));
}

TEST_CASE("a request's name is visible ASCII of at most 128 characters") {
  CHECK(request_id_of(head({kHost})) == std::nullopt);
  CHECK(request_id_of(head({kHost, {"X-Request-Id", " cmpl-1 "}})) == "cmpl-1");
  CHECK(request_id_of(head({{"x-request-id", std::string(128, 'a')}})) == std::string(128, 'a'));
  for (const std::string& name : {std::string(), std::string(129, 'a'), std::string("a b"),
                                  std::string("\xC3\xA9"), std::string("a\x01")})
    CHECK(request_id_of(head({{"X-Request-Id", name}})) == std::nullopt);
  CHECK(request_id_of(head({{"X-Request-Id", "a"}, {"X-Request-Id", "b"}})) == std::nullopt);
}

TEST_CASE("any other body whose length is not told is refused") {
  CHECK(status_of({kHost, {"Transfer-Encoding", "chunked"}}) == 411);
  CHECK(status_of({kHost, {"Transfer-Encoding", " Chunked "}}) == 411);
  for (const char* encoding :
       {"gzip", "chunked, gzip", "gzip, chunked", "identity", "chunked;q=1", "xchunked", ""}) {
    CHECK(status_of({kHost, {"Transfer-Encoding", encoding}}) == 501);
  }
  CHECK(status_of({kHost, {"Transfer-Encoding", "chunked"}, {"Transfer-Encoding", "chunked"}}) ==
        501);
}

TEST_CASE("two framings at once are refused, in either order") {
  CHECK(status_of({kHost, {"Transfer-Encoding", "chunked"}, {"Content-Length", "5"}}) == 400);
  CHECK(status_of({kHost, {"Content-Length", "5"}, {"Transfer-Encoding", "gzip"}}) == 400);
  CHECK(status_of({kHost, {"Transfer-Encoding", "chunked"}}, "/", 10) == 400);
}

TEST_CASE("one Content-Length, of digits") {
  CHECK(status_of({kHost, {"Content-Length", "5"}, {"Content-Length", "5"}}) == 400);
  for (const char* length : {"5, 5", "+5", "-1", "0x5", "", "5 5"})
    CHECK(status_of({kHost, {"Content-Length", length}}) == 400);
}

TEST_CASE("trailers are refused") {
  CHECK(status_of({kHost, {"Trailer", "Authorization"}}) == 400);
}

TEST_CASE("an origin is the host itself or on the list") {
  CHECK(origin_status({}) == 0);
  CHECK(origin_status({{"Origin", "http://localhost:8000"}}) == 0);
  CHECK(origin_status({{"Origin", "HTTPS://LOCALHOST:8000"}}) == 0);
  for (const char* origin :
       {"http://evil.example", "http://localhost", "http://localhost:80000", "null", "",
        "http://localhost:8000.evil.example", "ftp://localhost:8000"}) {
    CHECK(origin_status({{"Origin", origin}}) == 403);
  }
  CHECK(origin_status({{"Origin", "http://localhost:8000"}, {"Origin", "http://localhost:8000"}}) ==
        403);
  const HttpPolicy listed{{}, {"https://Chat.example"}};
  CHECK(origin_status({{"Origin", "https://chat.example"}}, listed) == 0);
  CHECK(origin_status({{"Origin", "http://chat.example"}}, listed) == 403);
  CHECK(origin_status({{"Origin", "http://evil.example"}}, HttpPolicy{{}, {"*"}}) == 0);
}

TEST_CASE(
    "an origin's usual port may be left out on either side, and its host is compared as a host") {
  const auto allowed = [](const std::string& host, const std::string& origin) {
    return !check_origin(head({{"Host", host}, {"Origin", origin}}), {}).has_value();
  };
  CHECK(allowed("localhost", "http://localhost"));
  CHECK(allowed("localhost:80", "http://localhost"));
  CHECK(allowed("chat.example:443", "https://chat.example"));
  CHECK(allowed("chat.example", "https://chat.example"));
  CHECK(allowed("[::1]:8000", "http://[0:0:0:0:0:0:0:1]:8000"));
  CHECK_FALSE(allowed("chat.example:443", "http://chat.example"));
  CHECK_FALSE(allowed("localhost:8000", "http://127.0.0.1:8000"));
  for (const char* origin :
       {"http://user@localhost:8000", "http://localhost:8000/", "http://localhost:8000?", "http://",
        "http:localhost:8000", "localhost:8000", "file://localhost:8000",
        "http://localhost:8000 http://localhost:8000", "http://evil.example@localhost:8000"})
    CHECK_FALSE(allowed("localhost:8000", origin));
}

TEST_CASE("a host that the server does not have is misdirected, one that is none is malformed") {
  const auto status = [](const std::string& host, const HttpPolicy& policy = {}) {
    const auto refusal = check_host(head({{"Host", host}}), policy);
    return refusal ? static_cast<unsigned>(refusal->status) : 0U;
  };
  CHECK(status("localhost:8000") == 0);
  CHECK(status("evil.example:8000") == 421);
  CHECK(status("user@localhost:8000") == 400);
  CHECK(status("localhost:8000, evil.example") == 400);
  HttpPolicy open;
  open.hosts = AllowedHosts::make(boost::asio::ip::make_address("0.0.0.0"), "", {}).value();
  CHECK(status("machine.example", open) == 0);
  CHECK(status("user@machine.example", open) == 400);
}

TEST_CASE("a key comes as a bearer token or among the subprotocols, once") {
  const HttpPolicy policy{{"other", "secret"}, {}};
  const auto valid = [&](const Fields& fields) {
    return caller_of(head(fields), policy).has_value();
  };
  CHECK(caller_of(head({}), HttpPolicy{})->api_key == "");
  CHECK_FALSE(valid({}));
  CHECK(valid({{"Authorization", "Bearer secret"}}));
  CHECK(valid({{"Authorization", "bearer  secret "}}));
  for (const char* wrong : {"secret", "Bearer", "Bearer ", "Bearer secre", "Bearer secrets",
                            "Basic secret", "Bearer SECRET"})
    CHECK_FALSE(valid({{"Authorization", wrong}}));
  CHECK_FALSE(valid({{"Authorization", "Bearer secret"}, {"Authorization", "Bearer secret"}}));
  CHECK(valid({{"Sec-WebSocket-Protocol", "octavo.v1, openai-insecure-api-key.secret"}}));
  CHECK(valid({{"Sec-WebSocket-Protocol", "octavo.v1"},
               {"Sec-WebSocket-Protocol", "openai-insecure-api-key.secret"}}));
  CHECK_FALSE(valid({{"Sec-WebSocket-Protocol", "openai-insecure-api-key."}}));
  CHECK_FALSE(valid({{"Sec-WebSocket-Protocol", "secret"}}));
  CHECK(caller_of(head({{"Authorization", "Bearer other"}}), policy)->api_key == "other");
  CHECK(caller_of(head({{"Authorization", "Bearer secret"}}), policy)->account->name() ==
        "api-key-2");
}

TEST_CASE("only octavo.v1 itself is the subprotocol") {
  CHECK(offers_octavo_v1(head({{"Sec-WebSocket-Protocol", "a,octavo.v1 , b"}})));
  CHECK_FALSE(offers_octavo_v1(head({{"Sec-WebSocket-Protocol", "octavo.v10"}})));
  CHECK_FALSE(offers_octavo_v1(head({})));
}

TEST_CASE("more header fields than the limit are too many") {
  Fields fields{kHost};
  for (int i = 0; i < 99; ++i) fields.emplace_back("X-" + std::to_string(i), "x");
  CHECK_FALSE(check_num_fields(head(fields), 100).has_value());
  fields.emplace_back("X-More", "x");
  const auto refusal = check_num_fields(head(fields), 100);
  REQUIRE(refusal.has_value());
  CHECK(refusal->status == http::status::request_header_fields_too_large);
}
