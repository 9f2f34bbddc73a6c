// What steering carries from one response into the next.
#include "src/response/steer.hpp"

#include <boost/json/object.hpp>

#include "src/response/response.hpp"
#include "tests/support/catch.hpp"

using namespace octavo;
namespace json = boost::json;

namespace {

/// A request that says something in every field.
ResponseCreate full_create() {
  ResponseCreate create;
  create.stream_id = "lane";
  create.model = "m";
  create.previous_response_id = "resp_1";
  create.instructions = "Be brief.";
  create.input.push_back(json::object{{"role", "user"}, {"content", "one"}});
  create.text_input = "one";
  create.input_token_ids = {1, 2};
  create.store = false;
  create.temperature = 0.5F;
  create.sampling.n = 3;
  create.metadata["k"] = "v";
  create.priority = -1;
  create.cache_salt = "salt";
  create.unknown_fields = {"odd"};
  return create;
}

Steer steer_of(std::initializer_list<const char*> texts) {
  Steer steer;
  for (const char* text : texts) {
    steer.said.input.push_back(json::object{{"role", "user"}, {"content", text}});
  }
  return steer;
}

}  // namespace

TEST_CASE("settings are all of a request but its input") {
  const ResponseCreate settings = full_create().settings();
  CHECK(settings.input.empty());
  CHECK(settings.text_input.empty());
  CHECK_FALSE(settings.input_token_ids.has_value());
  CHECK(settings.unknown_fields.empty());
  CHECK(settings.stream_id == "lane");
  CHECK(settings.model == "m");
  CHECK(settings.previous_response_id == "resp_1");
  CHECK(settings.instructions == "Be brief.");
  CHECK_FALSE(settings.store);
  CHECK(settings.temperature == 0.5F);
  CHECK(settings.sampling.n == 3);
  CHECK(settings.metadata.at("k") == "v");
  CHECK(settings.priority == -1);
  CHECK(settings.cache_salt == "salt");
}

TEST_CASE("the input of several steers follows the request's own, in their order") {
  Response response(RequestId{1}, "resp_2", full_create(), TimePoint{});
  response.add_input(steer_of({"two", "three"}));
  response.add_input(steer_of({"four"}));
  const json::array& input = response.create().input;
  REQUIRE(input.size() == 4);
  CHECK(input[0].at("content") == "one");
  CHECK(input[2].at("content") == "three");
  CHECK(input[3].at("content") == "four");
  CHECK(response.own_steers.size() == 2);
}

TEST_CASE("whoever holds the request from before a steer sees it as it was") {
  Response response(RequestId{1}, "resp_2", full_create(), TimePoint{});
  const auto before = response.shared_create();
  response.add_input(steer_of({"two"}));
  CHECK(before->input.size() == 1);
  CHECK(response.create().input.size() == 2);
}

TEST_CASE("a steer keeps its input as it came, with an id only once it is accepted") {
  Steer steer = steer_of({"two"});
  CHECK(steer.id.empty());
  CHECK(steer.stream_id.empty());
  CHECK_FALSE(steer.said.fault.has_value());
  steer.said.given_input = "two";
  steer.id = "steer_1";
  Response response(RequestId{1}, "resp_2", full_create(), TimePoint{});
  response.add_input(std::move(steer));
  CHECK(response.own_steers.front().id == "steer_1");
  CHECK(response.own_steers.front().said.given_input == "two");
}
