#include "actors/session/request_owners.hpp"

#include <set>

#include "tests/support/catch.hpp"

using namespace octavo;

namespace {

constexpr HashKey kKey{1, 2};

}  // namespace

TEST_CASE("each request is its own tenant's and no other's") {
  RequestOwners owners;
  for (std::uint64_t id = 1; id <= 100; ++id) owners.record(RequestId{id}, 7 + id % 3);
  for (std::uint64_t id = 1; id <= 100; ++id) {
    for (std::uint64_t tenant = 7; tenant < 10; ++tenant) {
      REQUIRE(owners.is_of(RequestId{id}, tenant) == (tenant == 7 + id % 3));
    }
  }
}

TEST_CASE("as many of the latest requests are remembered as was said") {
  RequestOwners owners;
  const std::uint64_t last = 10 + RequestOwners::kNumKept;
  for (std::uint64_t id = 1; id <= last; ++id) owners.record(RequestId{id}, 7);
  CHECK_FALSE(owners.is_of(RequestId{10}, 7));
  CHECK(owners.is_of(RequestId{11}, 7));
  CHECK(owners.is_of(RequestId{last}, 7));
  CHECK_FALSE(owners.is_of(RequestId{last + 1}, 7));
}

TEST_CASE("a request without a tenant is nobody's and leaves others' be") {
  RequestOwners owners;
  owners.record(RequestId{1}, 0);
  CHECK_FALSE(owners.is_of(RequestId{1}, 7));
  owners.record(RequestId{2}, 7);
  owners.record(RequestId{2 + RequestOwners::kNumKept}, 0);
  CHECK(owners.is_of(RequestId{2}, 7));
  CHECK_FALSE(owners.is_of(RequestId{3}, 7));
}

TEST_CASE("no two watchers have the same number") {
  RequestOwners owners;
  std::set<std::uint64_t> numbers;
  for (int i = 0; i < 10; ++i) numbers.insert(owners.next_watcher());
  CHECK(numbers.size() == 10);
}

TEST_CASE("a watcher calls another's request the same every time") {
  const std::string name = anonymous_name(kKey, 3, RequestId{41});
  CHECK(name == anonymous_name(kKey, 3, RequestId{41}));
  CHECK(name.size() == 22);
  CHECK(name.starts_with("other_"));
  CHECK(name.find_first_not_of("0123456789abcdef", 6) == std::string::npos);
}

TEST_CASE("names differ by watcher, by request and by key") {
  std::set<std::string> names;
  for (std::uint64_t watcher = 0; watcher < 20; ++watcher) {
    for (std::uint64_t request = 0; request < 20; ++request) {
      names.insert(anonymous_name(kKey, watcher, RequestId{request}));
      names.insert(anonymous_name(HashKey{1, 3}, watcher, RequestId{request}));
    }
  }
  CHECK(names.size() == 800);
  // Digits of the two numbers must not run into each other.
  CHECK(anonymous_name(kKey, 1, RequestId{23}) != anonymous_name(kKey, 12, RequestId{3}));
  CHECK(anonymous_name(kKey, UINT64_MAX, RequestId{UINT64_MAX}).size() == 22);
}
