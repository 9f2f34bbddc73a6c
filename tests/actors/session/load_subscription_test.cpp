#include "actors/session/load_subscription.hpp"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/json/parse.hpp>

#include "tests/support/catch.hpp"

using namespace octavo;
using std::chrono::milliseconds;
namespace json = boost::json;

namespace {

/// So long that its timer never rings by itself; a test says when it is due.
constexpr milliseconds kNever = std::chrono::hours(1000);

/// A session that looks at a status which the test writes.
struct Fixture {
  asio::io_context io{1};
  EngineStatus status;
  Metrics metrics{MetricScope{"test", "m"}};
  TimePoint now{};
  std::function<TimePoint()> clock = [this] { return now; };
  Mailbox<SessionMessage> session{io.get_executor()};
  Outbox outbox{io.get_executor(), 1000, 2000};
  LoadSubscription load{{status, metrics, clock}, io.get_executor(), session.address(), outbox};

  /// The frame that was told, null when there is none; one at most is there.
  json::value told() {
    const auto frame = outbox.pop();
    if (!frame) return nullptr;
    CHECK(outbox.is_empty());
    return json::parse(*frame);
  }
  json::value told_when_due(std::uint64_t subscription) {
    load.look(LoadDue{subscription});
    return told();
  }
  ~Fixture() { load.end(); }
};

}  // namespace

TEST_CASE("all numbers of the engine are in the first frame") {
  Fixture fixture;
  fixture.status.num_running = 1;
  fixture.status.num_waiting = 2;
  fixture.status.num_preempted = 3;
  fixture.status.device.num_blocks = 8;
  fixture.status.device.num_available = 6;
  fixture.status.host.num_blocks = 10;
  fixture.status.host.num_available = 1;
  fixture.metrics.num_connections().Set(5);
  fixture.load.begin(kNever);
  const json::value frame = fixture.told();
  CHECK(frame == json::parse(R"({"type": "octavo:metrics", "sequence_number": 0, "running": 1,
    "waiting": 2, "preempted": 3, "device_usage": 0.25, "host_usage": 0.9, "tokens_per_s": 0.0,
    "num_connections": 5})"));
}

TEST_CASE("who asks for totals is told what was done since the start, with the times in buckets") {
  Fixture fixture;
  fixture.status.num_prefix_queries = 8;
  fixture.status.num_prefix_hits = 6;
  fixture.status.num_preemptions_swap = 1;
  fixture.status.num_preemptions_recompute = 2;
  fixture.status.steps.add(5);
  fixture.metrics.count_received();
  fixture.metrics.count_received();
  fixture.metrics.count_refused(Errc::kQueueFull);
  fixture.metrics.observe_inter_token(milliseconds(30));
  fixture.metrics.observe_inter_token(std::chrono::minutes(30));
  fixture.load.begin(kNever, true);
  const json::value frame = fixture.told();
  CHECK(frame.at("totals") == json::parse(R"({"received": 2, "ended": 0, "failed": 0, "refused": 1,
    "prompt_tokens": 0, "generation_tokens": 0, "prefix_queries": 8, "prefix_hits": 6,
    "preemptions": 3, "steps": 1})"));
  const json::value& gaps = frame.at("times").at("inter_token_latency");
  const json::array& bounds = gaps.at("bounds").as_array();
  const json::array& counts = gaps.at("counts").as_array();
  REQUIRE(counts.size() == bounds.size() + 1);
  CHECK(counts.back() == 1);
  const auto place = std::ranges::find(counts, json::value(1)) - counts.begin();
  CHECK(bounds.at(static_cast<std::size_t>(place)).to_number<double>() == 0.05);
  CHECK(frame.at("times").at("time_to_first_token").at("counts").as_array().back() == 0);
  fixture.metrics.count_refused(Errc::kQueueFull);
  CHECK(fixture.told_when_due(1).at("totals").at("refused") == 2);
  fixture.load.begin(kNever);
  CHECK_FALSE(fixture.told().as_object().contains("totals"));
}

TEST_CASE("a tier without blocks is not in use") {
  Fixture fixture;
  fixture.load.begin(kNever);
  const json::value frame = fixture.told();
  CHECK(frame.at("device_usage").as_double() == 0.0);
  CHECK(frame.at("host_usage").as_double() == 0.0);
}

TEST_CASE("what has not changed is not told again, and numbers have no gap") {
  Fixture fixture;
  fixture.load.begin(kNever);
  CHECK(fixture.told().at("sequence_number") == 0);
  CHECK(fixture.told_when_due(1).is_null());
  fixture.status.num_running = 4;
  const json::value frame = fixture.told_when_due(1);
  CHECK(frame.at("sequence_number") == 1);
  CHECK(frame.at("running") == 4);
  CHECK(fixture.told_when_due(1).is_null());
  fixture.status.num_running = 0;
  CHECK(fixture.told_when_due(1).at("sequence_number") == 2);
}

TEST_CASE("tokens are counted from one look to the next, told or not") {
  Fixture fixture;
  fixture.status.num_completion_tokens = 1000;  // From before: not this subscription's.
  fixture.load.begin(kNever);
  CHECK(fixture.told().at("tokens_per_s").as_double() == 0.0);
  const auto rate_after = [&](milliseconds time, std::int64_t num_tokens) {
    fixture.now += time;
    fixture.status.num_completion_tokens += num_tokens;
    return fixture.told_when_due(1);
  };
  CHECK(rate_after(milliseconds(500), 10).at("tokens_per_s").as_double() == 20.0);
  CHECK(rate_after(milliseconds(250), 5).is_null());  // The same rate.
  CHECK(rate_after(milliseconds(2000), 30).at("tokens_per_s").as_double() == 15.0);
  CHECK(rate_after(milliseconds(1000), 0).at("tokens_per_s").as_double() == 0.0);
}

TEST_CASE("no time between two looks makes no rate") {
  Fixture fixture;
  fixture.load.begin(kNever);
  fixture.told();
  fixture.status.num_completion_tokens = 50;
  CHECK(fixture.told_when_due(1).is_null());
}

TEST_CASE("a congested client is told nothing, and what has changed since once it reads") {
  Fixture fixture;
  fixture.load.begin(kNever);
  fixture.told();
  fixture.outbox.push(std::string(1001, 'x'));
  fixture.status.num_waiting = 1;
  fixture.load.look(LoadDue{1});
  fixture.status.num_waiting = 2;
  fixture.load.look(LoadDue{1});
  fixture.outbox.pop();
  CHECK(fixture.outbox.is_empty());
  const json::value frame = fixture.told_when_due(1);
  CHECK(frame.at("waiting") == 2);
  CHECK(frame.at("sequence_number") == 1);
}

TEST_CASE("who subscribes anew is told all again from 0, and the old look is void") {
  Fixture fixture;
  fixture.load.begin(kNever);
  fixture.told();
  fixture.load.begin(kNever);
  CHECK(fixture.told().at("sequence_number") == 0);
  fixture.status.num_running = 1;
  CHECK(fixture.told_when_due(1).is_null());
  CHECK(fixture.told_when_due(2).at("sequence_number") == 1);
}

TEST_CASE("nothing is told before the beginning or after the end") {
  Fixture fixture;
  fixture.load.end();
  CHECK(fixture.told_when_due(0).is_null());
  fixture.load.begin(kNever);
  fixture.told();
  fixture.load.end();
  fixture.status.num_running = 1;
  CHECK(fixture.told_when_due(1).is_null());
  CHECK(fixture.io.run() > 0);  // The wait that was cancelled; no timer is left.
  CHECK_FALSE(fixture.session.try_receive().has_value());
}

TEST_CASE("the session hears when its interval is over, and again after each look") {
  Fixture fixture;
  fixture.load.begin(milliseconds(0));
  const auto next_due = [&] {
    fixture.io.restart();
    fixture.io.run();
    const auto message = fixture.session.try_receive();
    REQUIRE(message.has_value());
    CHECK_FALSE(fixture.session.try_receive().has_value());
    return std::get<LoadDue>(*message);
  };
  for (int i = 0; i < 3; ++i) {
    const LoadDue due = next_due();
    CHECK(due.subscription == 1);
    fixture.load.look(due);
  }
}
