#include "src/access/key_account.hpp"

#include <limits>

#include "tests/support/catch.hpp"

using namespace octavo;
using namespace std::chrono_literals;

namespace {

KeyLimits with(std::int64_t KeyLimits::*limit, std::int64_t value) {
  KeyLimits limits;
  limits.*limit = value;
  return limits;
}

}  // namespace

TEST_CASE("a key without limits is held back by nothing, and all is counted") {
  KeyAccount account("a");
  TimePoint now{};
  for (int i = 0; i < 1000; ++i) {
    REQUIRE(account.enter_connection());
    REQUIRE_FALSE(account.begin_request(i, now));
    REQUIRE_FALSE(account.take_prompt(1000, now));
  }
  account.count_cached(10, now);
  account.count_completion(7, now);
  CHECK(account.total() == KeyUsage{1000, 1'000'000, 10, 7});
  CHECK(account.last_minute(now) == account.total());
  CHECK(account.last_minute(now + 61s) == KeyUsage{});
  CHECK(account.total().num_requests == 1000);
}

TEST_CASE("a key has no more connections and responses at once than it may have") {
  KeyAccount account("a", {.concurrency = 2, .max_connections = 1});
  CHECK(account.enter_connection());
  CHECK_FALSE(account.enter_connection());
  account.leave_connection();
  CHECK(account.enter_connection());
  CHECK_FALSE(account.begin_request(1, TimePoint{}));
  const auto refused = account.begin_request(2, TimePoint{});
  REQUIRE(refused);
  CHECK(refused->code == Errc::kRateLimited);
  CHECK(refused->retry_after_s == 1);
  CHECK(account.total().num_requests == 1);
}

TEST_CASE("whoever asks too often is told exactly when to come again") {
  KeyAccount account("a", with(&KeyLimits::requests_per_minute, 2));
  TimePoint now{};
  CHECK_FALSE(account.begin_request(0, now));
  now += 20s;
  CHECK_FALSE(account.begin_request(0, now));
  now += 500ms;
  const auto refused = account.begin_request(0, now);
  REQUIRE(refused);
  CHECK(refused->code == Errc::kRateLimited);
  CHECK(refused->retry_after_s == 40);  // 60.1 s after the first, less the 20.5 that have gone.
  CHECK(account.begin_request(0, now + std::chrono::seconds(refused->retry_after_s - 1)));
  CHECK_FALSE(account.begin_request(0, now + std::chrono::seconds(refused->retry_after_s)));
}

TEST_CASE(
    "tokens of prompts and completions count alike, and the wait is as long as they are many") {
  KeyAccount account("a", with(&KeyLimits::tokens_per_minute, 100));
  TimePoint now{};
  CHECK_FALSE(account.take_prompt(60, now));
  now += 30s;
  account.count_completion(30, now);
  const auto refused = account.take_prompt(11, now);
  REQUIRE(refused);
  CHECK(refused->retry_after_s == 31);
  const auto larger = account.take_prompt(90, now);
  REQUIRE(larger);
  CHECK(larger->retry_after_s == 61);
  CHECK_FALSE(account.take_prompt(10, now));
  const auto request = account.begin_request(0, now);
  REQUIRE(request);
  CHECK(request->retry_after_s == 31);
  CHECK_FALSE(account.begin_request(0, now + 31s));
}

TEST_CASE("a prompt that no minute has room for is refused for good") {
  KeyAccount account("a", with(&KeyLimits::tokens_per_minute, 100));
  const auto refused = account.take_prompt(101, TimePoint{});
  REQUIRE(refused);
  CHECK(refused->code == Errc::kContextLengthExceeded);
  CHECK(account.total().num_prompt_tokens == 0);
}

TEST_CASE("a prompt that the engine refused is given back") {
  KeyAccount account("a", with(&KeyLimits::tokens_per_minute, 100));
  const TimePoint now{};
  CHECK_FALSE(account.take_prompt(100, now));
  account.return_prompt(100, now);
  CHECK(account.last_minute(now).num_prompt_tokens == 0);
  CHECK_FALSE(account.take_prompt(100, now));
}

TEST_CASE("a request of a key with a priority may ask to be less urgent, and not more") {
  KeyLimits limits;
  CHECK(limits.priority_of(-9) == -9);
  limits.priority = 5;
  CHECK(limits.priority_of(0) == 5);
  CHECK(limits.priority_of(-9) == 5);
  CHECK(limits.priority_of(3) == 8);
  CHECK(limits.priority_of(std::numeric_limits<std::int32_t>::max()) > 5);
}
