#include "src/response/response_table.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/running_response.hpp"

using namespace octavo;
using namespace octavo::testing;

TEST_CASE("a response is found by the engine's number, by its id, and by both its state") {
  RunningResponses all;
  ResponseTable table(all);
  CHECK(table.is_empty());
  table.add(running_response({}));
  table.add(Response(RequestId{2}, "resp_2", {}, TimePoint{}));
  CHECK(table.find(RequestId{1})->id() == "resp_1");
  CHECK(table.find("resp_2")->request() == RequestId{2});
  CHECK(table.find(RequestId{3}) == nullptr);
  CHECK(table.find("resp_3") == nullptr);
  CHECK(table.find(RequestId{1}, ResponseState::kRunning) != nullptr);
  CHECK(table.find(RequestId{2}, ResponseState::kRunning) == nullptr);
  CHECK(table.find(RequestId{2}, ResponseState::kQueued) != nullptr);
  CHECK(table.take(RequestId{1}).id() == "resp_1");
  CHECK(table.find("resp_1") == nullptr);
  std::vector<RequestId> seen;
  table.for_each([&](Response& response) { seen.push_back(response.request()); });
  CHECK(seen == std::vector{RequestId{2}});
}
