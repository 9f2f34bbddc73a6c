#include "protocol/feed_event.hpp"

#include "tests/protocol/frames.hpp"

using namespace octavo;
using octavo::testing::refused;

namespace {

template <class Event>
Event parsed(std::string_view frame) {
  auto event = parse_client_event(frame);
  INFO(frame);
  REQUIRE(event.has_value());
  return std::get<Event>(*event);
}

}  // namespace

TEST_CASE("a subscription takes a quarter of a second unless it says otherwise") {
  const auto plain = parsed<FeedSubscribe>(R"({"type":"octavo:subscribe","topic":"metrics"})");
  CHECK(plain.topic == FeedTopic::kMetrics);
  CHECK(plain.interval == std::chrono::milliseconds(250));
  const auto slow =
      parsed<FeedSubscribe>(R"({"type":"octavo:subscribe","topic":"blocks","interval_ms":60000})");
  CHECK(slow.topic == FeedTopic::kBlocks);
  CHECK(slow.interval == std::chrono::milliseconds(60'000));
  const auto fast =
      parsed<FeedSubscribe>(R"({"type":"octavo:subscribe","topic":"blocks","interval_ms":50})");
  CHECK(fast.interval == std::chrono::milliseconds(50));
}

TEST_CASE("totals are told to whoever asks for them with the metrics") {
  const auto plain = parsed<FeedSubscribe>(R"({"type":"octavo:subscribe","topic":"metrics"})");
  CHECK_FALSE(plain.totals);
  const auto more =
      parsed<FeedSubscribe>(R"({"type":"octavo:subscribe","topic":"metrics","totals":true})");
  CHECK(more.totals);
  for (const char* wrong : {R"("metrics","totals":1)", R"("blocks","totals":true)"}) {
    const auto refusal =
        refused(std::string(R"({"type":"octavo:subscribe","topic":)") + wrong + "}");
    CHECK(refusal.error.code == Errc::kInvalidValue);
    CHECK(refusal.error.param == "totals");
  }
}

TEST_CASE("an unsubscription names its topic") {
  CHECK(parsed<FeedUnsubscribe>(R"({"type":"octavo:unsubscribe","topic":"blocks"})").topic ==
        FeedTopic::kBlocks);
  CHECK(parsed<FeedUnsubscribe>(R"({"type":"octavo:unsubscribe","topic":"metrics"})").topic ==
        FeedTopic::kMetrics);
}

TEST_CASE("a topic that does not exist is refused with those that do") {
  for (const char* topic : {R"("tokens")", "7", R"("")", "null", R"(["blocks"])"}) {
    for (const char* type : {"octavo:subscribe", "octavo:unsubscribe"}) {
      const auto refusal = refused(std::string(R"({"type":")") + type + R"(","topic":)" + topic +
                                   R"(,"stream_id":"lane"})");
      CHECK(refusal.error.code == Errc::kInvalidValue);
      CHECK(refusal.error.param == "topic");
      CHECK(refusal.stream_id == "lane");
    }
  }
  const auto missing = refused(R"({"type":"octavo:subscribe"})");
  CHECK(missing.error.detail == "topic must be `metrics` or `blocks`");
}

TEST_CASE("an interval out of range or of another kind is refused") {
  for (const char* interval : {"49", "60001", "-250", "0.5", R"("250")", "1e30", "true"}) {
    const auto refusal =
        refused(std::string(R"({"type":"octavo:subscribe","topic":"blocks","interval_ms":)") +
                interval + "}");
    CHECK(refusal.error.code == Errc::kInvalidValue);
    CHECK(refusal.error.param == "interval_ms");
  }
}
