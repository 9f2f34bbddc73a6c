#include "src/response/running_responses.hpp"

#include "src/response/response_table.hpp"
#include "tests/support/catch.hpp"

using namespace octavo;

namespace {

Response named(std::uint64_t number, const std::string& name, std::uint64_t tenant = 0) {
  ResponseCreate create;
  create.request_name = name;
  create.tenant = tenant;
  return {RequestId{number}, "resp_" + std::to_string(number), create, TimePoint{}};
}

}  // namespace

TEST_CASE("what runs is found by number and by name, over all tables, by its tenant alone") {
  RunningResponses all;
  ResponseTable one(all);
  ResponseTable other(all);
  Response& second = other.add(named(2, "a", 7));
  one.add(named(1, "a", 7));
  one.add(named(3, "", 7));
  CHECK(all.find(RequestId{2}, 7) == &second);
  CHECK(all.find(RequestId{2}, 0) == nullptr);
  CHECK(all.find(RequestId{9}, 7) == nullptr);
  const auto found = all.find("a", 7);
  REQUIRE(found.size() == 2);
  CHECK(found[0]->request() == RequestId{1});
  CHECK(found[1] == &second);
  CHECK(all.find("a", 0).empty());
  CHECK(all.find("", 7).empty());
}

TEST_CASE("what leaves its table runs no more, and whoever waits for it is told once") {
  RunningResponses all;
  std::vector<std::uint64_t> gone;
  {
    ResponseTable table(all);
    for (std::uint64_t number = 1; number <= 3; ++number) {
      table.add(named(number, "a"));
      all.when_gone(RequestId{number},
                    [&](const Response& left) { gone.push_back(left.request().value); });
    }
    table.take(RequestId{2});
    CHECK(gone == std::vector<std::uint64_t>{2});
    CHECK(all.find(RequestId{2}, 0) == nullptr);
    CHECK(all.find("a", 0).size() == 2);
  }
  CHECK(gone == std::vector<std::uint64_t>{2, 1, 3});
  CHECK(all.size() == 0);
  CHECK(all.find("a", 0).empty());
}
