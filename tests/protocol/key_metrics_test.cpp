#include "protocol/key_metrics.hpp"

#include <boost/json/parse.hpp>

#include "protocol/metrics.hpp"
#include "tests/support/catch.hpp"

using namespace octavo;
using Catch::Matchers::Contains;

namespace {

std::shared_ptr<KeyAccount> used(const std::string& name) {
  auto account = std::make_shared<KeyAccount>(name, KeyLimits{.concurrency = 3, .share = 2});
  account->enter_connection();
  account->begin_request(0, TimePoint{});
  account->take_prompt(20, TimePoint{});
  account->count_cached(16, TimePoint{});
  account->count_completion(7, TimePoint{});
  return account;
}

}  // namespace

TEST_CASE("the page has the numbers of every key under its name") {
  const Metrics metrics({"octavo", "m"});
  const std::string page =
      metrics.text(EngineStatus{}, {used("alice"), std::make_shared<KeyAccount>("bob")});
  CHECK_THAT(page,
             Contains(R"(octavo:key_requests_total{engine="0",model_name="m",key="alice"} 1)"));
  CHECK_THAT(
      page,
      Contains(R"(octavo:key_prompt_tokens_total{engine="0",model_name="m",key="alice"} 20)"));
  CHECK_THAT(
      page,
      Contains(R"(octavo:key_cached_tokens_total{engine="0",model_name="m",key="alice"} 16)"));
  CHECK_THAT(
      page,
      Contains(R"(octavo:key_generation_tokens_total{engine="0",model_name="m",key="alice"} 7)"));
  CHECK_THAT(page, Contains(R"(octavo:key_connections{engine="0",model_name="m",key="alice"} 1)"));
  CHECK_THAT(page, Contains(R"(octavo:key_requests_total{engine="0",model_name="m",key="bob"} 0)"));
}

TEST_CASE("a caller is told what its key has used and may use") {
  const auto account = used("alice");
  const auto now = boost::json::parse(usage_body(*account, 1, TimePoint{}));
  CHECK(now == boost::json::parse(R"({"object": "usage", "name": "alice",
      "active": {"responses": 1, "connections": 1},
      "minute": {"requests": 1, "prompt_tokens": 20, "cached_tokens": 16, "completion_tokens": 7},
      "total": {"requests": 1, "prompt_tokens": 20, "cached_tokens": 16, "completion_tokens": 7},
      "limits": {"concurrency": 3, "requests_per_minute": null, "tokens_per_minute": null,
                 "max_connections": null, "priority": 0, "share": 2.0}})"));
  const auto later =
      boost::json::parse(usage_body(*account, 0, TimePoint{} + std::chrono::minutes(2)));
  CHECK(later.at("minute").at("completion_tokens") == 0);
  CHECK(later.at("total").at("completion_tokens") == 7);
}
