#include "src/response/event_log.hpp"

#include "src/response/event_logs.hpp"
#include "tests/support/catch.hpp"

using namespace octavo;

namespace {

struct Ear final : EventLog::Listener {
  explicit Ear(EventLog& log_) : log(log_) { log.listen(*this); }
  ~Ear() override { log.unlisten(*this); }
  void hear(const std::string& frame, bool is_last) override {
    heard += frame;
    if (is_last) heard += ".";
    if (leaves) log.unlisten(*this);
  }
  EventLog& log;
  std::string heard;
  bool leaves = false;
};

std::string after(const EventLog& log, std::int64_t number) {
  const auto frames = log.after(number);
  if (!frames) return std::string(wire_code(frames.error().code));
  std::string joined;
  for (const std::string& frame : *frames) joined += frame;
  return joined;
}

constexpr std::chrono::seconds kSecond{1};

}  // namespace

TEST_CASE("whoever comes back hears what came after the last event that they have") {
  EventLog log(100);
  for (const char* frame : {"a", "b", "c"}) log.append(frame, false);
  CHECK(after(log, -1) == "abc");
  CHECK(after(log, 0) == "bc");
  CHECK(after(log, 2).empty());
  CHECK(after(log, 3) == "invalid_value");
  CHECK(after(log, -2) == "invalid_value");
  CHECK(!log.has_ended());
  log.append("d", true);
  CHECK(log.has_ended());
  CHECK(after(log, 2) == "d");
}

TEST_CASE("the oldest events go when there are too many bytes, and their absence is told") {
  EventLog log(3);
  for (const char* frame : {"a", "bb", "c", "d"}) log.append(frame, false);
  CHECK(log.num_bytes() <= 3);
  CHECK(log.num_events() == 4);
  CHECK(after(log, 1) == "cd");
  CHECK(after(log, -1) == "resume_window_exceeded");
  log.append("larger than all", true);
  CHECK(after(log, 3) == "larger than all");
}

TEST_CASE("listeners hear what comes, until they leave") {
  EventLog log(100);
  Ear first(log);
  {
    Ear second(log);
    second.leaves = true;
    log.append("a", false);
    log.append("b", false);
    CHECK(second.heard == "a");
  }
  log.append("c", true);
  CHECK(first.heard == "abc.");
  CHECK(log.has_listeners());
}

TEST_CASE("a log is its tenant's, and is forgotten some time after the end") {
  EventLogs logs;
  const TimePoint start{};
  const auto log = logs.begin("resp_1", 7, start);
  REQUIRE(log != nullptr);
  CHECK(logs.find("resp_1", 7, start + 1000 * kSecond) == log);
  CHECK(logs.find("resp_1", 8, start) == nullptr);
  CHECK(logs.find("resp_2", 7, start) == nullptr);
  logs.end("resp_1", start + 2 * kSecond);
  CHECK(logs.find("resp_1", 7, start + kSecond) == log);
  CHECK(logs.find("resp_1", 7, start + 2 * kSecond) == nullptr);
  CHECK(logs.size() == 0);
}

TEST_CASE("beyond a number of logs responses run without one") {
  EventLogs logs({100, 2});
  const TimePoint now{};
  CHECK(logs.begin("resp_1", 0, now) != nullptr);
  CHECK(logs.begin("resp_2", 0, now) != nullptr);
  CHECK(logs.begin("resp_3", 0, now) == nullptr);
  logs.end("resp_1", now + kSecond);
  CHECK(logs.begin("resp_3", 0, now + kSecond) != nullptr);
}
