#include "src/response/response_store.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/running_response.hpp"

using namespace octavo;
using namespace octavo::testing;

namespace {

StoredResponse stored(const std::string& id, std::uint64_t tenant = 0,
                      const std::string& text = "x") {
  ResponseCreate create;
  create.tenant = tenant;
  Response response(RequestId{1}, id, create, TimePoint{});
  response.begin_preparing();
  response.start(byte_model(), Prompt{{'p'}, "p", {}}, 0);
  std::vector<ResponseEvent> events;
  response.append(said(text, 0, FinishReason::kLength), false, events);
  response.finish(finished(FinishReason::kLength, 1), 0);
  auto memory = std::make_shared<const RememberedResponse>(response.remember());
  return {std::move(memory), std::make_shared<const Response>(std::move(response))};
}

}  // namespace

TEST_CASE("a stored response is its tenant's alone, until it is deleted") {
  const StoreLimits limits;
  ResponseStore store(limits);
  store.put(stored("resp_1", 7), TimePoint{});
  REQUIRE(store.find("resp_1", 7, TimePoint{}) != nullptr);
  CHECK(store.find("resp_1", 7, TimePoint{})->response->choice(0).text() == "x");
  CHECK(store.find("resp_1", 0, TimePoint{}) == nullptr);
  CHECK_FALSE(store.erase("resp_1", 8, TimePoint{}));
  CHECK(store.erase("resp_1", 7, TimePoint{}));
  CHECK_FALSE(store.erase("resp_1", 7, TimePoint{}));
  CHECK(store.num_bytes() == 0);
}

TEST_CASE("the oldest go when there are too many bytes, and all go with age") {
  StoreLimits limits;
  limits.max_age = std::chrono::seconds(10);
  ResponseStore store(limits);
  store.put(stored("resp_1"), TimePoint{});
  limits.max_bytes = store.num_bytes() * 5 / 2;
  store.put(stored("resp_2"), TimePoint{} + std::chrono::seconds(1));
  store.put(stored("resp_3"), TimePoint{} + std::chrono::seconds(2));
  CHECK(store.size() == 2);
  CHECK(store.find("resp_1", 0, TimePoint{}) == nullptr);
  CHECK(store.find("resp_2", 0, TimePoint{} + std::chrono::seconds(11)) != nullptr);
  CHECK(store.find("resp_2", 0, TimePoint{} + std::chrono::seconds(12)) == nullptr);
  CHECK(store.find("resp_3", 0, TimePoint{} + std::chrono::seconds(12)) != nullptr);
  CHECK(store.find("resp_3", 0, TimePoint{} + std::chrono::seconds(13)) == nullptr);
  CHECK(store.num_bytes() == 0);
}

TEST_CASE("one that is larger than all room stays until the next") {
  StoreLimits limits;
  limits.max_bytes = 1;
  ResponseStore store(limits);
  store.put(stored("resp_1", 0, std::string(1000, 'x')), TimePoint{});
  CHECK(store.find("resp_1", 0, TimePoint{}) != nullptr);
  store.put(stored("resp_2"), TimePoint{});
  CHECK(store.size() == 1);
}
