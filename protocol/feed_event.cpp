#include "protocol/feed_event.hpp"

#include "protocol/unknown_fields.hpp"
#include "src/core/json_reader.hpp"

namespace octavo {
namespace {

constexpr std::int64_t kMinIntervalMs = 50;
constexpr std::int64_t kMaxIntervalMs = 60'000;

FeedTopic read_topic(JsonReader& fields) {
  std::string name;
  fields.read("topic", name);
  if (name == "blocks") return FeedTopic::kBlocks;
  if (name != "metrics") fields.wrong("topic", "`metrics` or `blocks`");
  return FeedTopic::kMetrics;
}

void note_rest(JsonReader& fields, std::vector<std::string>& unknown_fields) {
  for (const char* name : {"type", "stream_id", "event_id"}) fields.find(name);
  note_unknown(fields, "", unknown_fields);
}

}  // namespace

Result<FeedSubscribe> parse_subscribe(const boost::json::object& event) {
  FeedSubscribe subscribe;
  JsonReader fields(event);
  subscribe.topic = read_topic(fields);
  std::int64_t interval = subscribe.interval.count();
  fields.read("interval_ms", interval);
  if (interval < kMinIntervalMs || interval > kMaxIntervalMs)
    fields.wrong("interval_ms", "between 50 and 60000");
  fields.read("totals", subscribe.totals);
  if (subscribe.totals && subscribe.topic != FeedTopic::kMetrics)
    fields.wrong("totals", "left out, or false, with the topic `blocks`");
  note_rest(fields, subscribe.unknown_fields);
  if (fields.error()) return *fields.error();
  subscribe.interval = std::chrono::milliseconds(interval);
  return subscribe;
}

Result<FeedUnsubscribe> parse_unsubscribe(const boost::json::object& event) {
  JsonReader fields(event);
  FeedUnsubscribe unsubscribe{read_topic(fields)};
  note_rest(fields, unsubscribe.unknown_fields);
  if (fields.error()) return *fields.error();
  return unsubscribe;
}

}  // namespace octavo
