#include "protocol/steer_events.hpp"

#include <boost/json/parse.hpp>

#include "tests/support/catch.hpp"

using namespace octavo;
namespace json = boost::json;

namespace {

Steer steer_of(const std::string& id, const std::string& stream_id) {
  Steer steer;
  steer.said.previous_response_id = "resp_1";
  steer.said.given_input = "shorter";
  steer.id = id;
  steer.stream_id = stream_id;
  return steer;
}

}  // namespace

TEST_CASE("an accepted steer has an id and the number it was given") {
  const auto event = json::parse(steer_accepted(steer_of("steer_1", "a"), 7));
  CHECK(event == json::value({{"type", "response.steer.accepted"},
                              {"sequence_number", 7},
                              {"stream_id", "a"},
                              {"steer", {{"id", "steer_1"}, {"previous_response_id", "resp_1"}}}}));
}

TEST_CASE("a failed steer gives its input back, with the id that it had") {
  const auto event = json::parse(
      steer_failed(steer_of("", ""), SteerFault::kResponseNotFound, "no such response", 0));
  CHECK(event ==
        json::value({{"type", "response.steer.failed"},
                     {"sequence_number", 0},
                     {"error",
                      {{"type", "invalid_request_error"},
                       {"code", "response_not_found"},
                       {"message", "no such response"}}},
                     {"steer", {{"previous_response_id", "resp_1"}, {"input", "shorter"}}}}));
  const auto late =
      json::parse(steer_failed(steer_of("steer_1", ""), SteerFault::kSuccessorFailed, "full", 3));
  CHECK(late.at("steer").at("id") == "steer_1");
  CHECK(late.at("error").at("code") == "successor_creation_failed");
}
