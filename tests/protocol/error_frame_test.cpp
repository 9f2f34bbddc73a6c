#include "protocol/error_frame.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "protocol/client_event.hpp"
#include "src/core/utf8.hpp"
#include "tests/support/catch.hpp"

using namespace octavo;
namespace json = boost::json;

namespace {

json::object parsed(const std::string& frame) { return json::parse(frame).as_object(); }

}  // namespace

TEST_CASE("an error frame has status, code, message and param") {
  const auto frame = parsed(error_frame(Error{Errc::kInvalidValue, "n must be 1", "n"}, "main"));
  CHECK(frame.at("type") == "error");
  CHECK(frame.at("status") == 400);
  CHECK(frame.at("stream_id") == "main");
  CHECK(frame.at("error").at("type") == "invalid_request_error");
  CHECK(frame.at("error").at("code") == "invalid_value");
  CHECK(frame.at("error").at("message") == "n must be 1");
  CHECK(frame.at("error").at("param") == "n");
  const auto full = parsed(error_frame(Error{Errc::kQueueFull, "", ""}, ""));
  CHECK(full.if_contains("stream_id") == nullptr);
  CHECK(full.at("error").at("param").is_null());
  CHECK(full.at("error").at("headers").at("retry-after") == "1");
}

TEST_CASE("every code has the status that clients act on") {
  const std::vector<std::pair<Errc, int>> statuses{{Errc::kInvalidJson, 400},
                                                   {Errc::kInvalidEvent, 400},
                                                   {Errc::kUnknownEventType, 400},
                                                   {Errc::kInvalidValue, 400},
                                                   {Errc::kUnsupportedParameter, 400},
                                                   {Errc::kInvalidStreamId, 400},
                                                   {Errc::kStreamLimitReached, 400},
                                                   {Errc::kPreviousResponseNotFound, 400},
                                                   {Errc::kContextLengthExceeded, 400},
                                                   {Errc::kModelNotFound, 404},
                                                   {Errc::kResponseNotFound, 404},
                                                   {Errc::kQueueFull, 429},
                                                   {Errc::kConnectionLimitReached, 400},
                                                   {Errc::kEngineError, 500},
                                                   {Errc::kServerDraining, 503},
                                                   {Errc::kDeadlineExceeded, 504},
                                                   {Errc::kInvalidApiKey, 401},
                                                   {Errc::kTemplateError, 400}};
  for (const auto& [code, status] : statuses) {
    INFO(wire_code(code));
    CHECK(http_status(code) == status);
  }
  CHECK(error_type(Errc::kQueueFull) == "too_many_requests");
  CHECK(error_type(Errc::kServerDraining) == "server_error");
  CHECK(error_type(Errc::kInvalidApiKey) == "authentication_error");
}

TEST_CASE("an error body is the standard's, whatever the message holds") {
  const auto body = boost::json::parse(error_body("a \"b\"\n", "not_found", "model_not_found"));
  CHECK(body.at("error").at("message") == "a \"b\"\n");
  CHECK(body.at("error").at("type") == "not_found");
  CHECK(body.at("error").at("code") == "model_not_found");
  CHECK(body.at("error").at("param").is_null());
}

TEST_CASE("whatever a message quotes, what goes out is UTF-8") {
  const std::string broken = "a \xED\xA0\x80 b";
  for (const std::string& frame : {error_frame(Error{Errc::kInvalidValue, broken, broken}, ""),
                                   error_body(broken, "x", "y")}) {
    CHECK(is_valid_utf8(frame));
    CHECK(parsed(frame).at("error").at("message") == json::value(replace_broken_utf8(broken)));
  }
  // A name that is cut is cut between characters.
  for (std::size_t i = 0; i < 4; ++i) {
    std::string name(i, 'x');
    for (int k = 0; k < 40; ++k) name += "\xE2\x82\xAC";
    const auto refused = parse_client_event(json::serialize(json::object{{"type", name}}));
    REQUIRE(refused.has_error());
    CHECK(is_valid_utf8(refused.error().error.message()));
    const json::object part{{"type", name}, {"text", "x"}};
    const json::object create{
        {"type", "response.create"},
        {"input", json::array{json::object{{"role", "user"}, {"content", json::array{part}}}}}};
    const auto item = parse_client_event(json::serialize(create));
    REQUIRE(item.has_error());
    CHECK(is_valid_utf8(item.error().error.message()));
  }
}
