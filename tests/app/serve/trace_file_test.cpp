#include "src/app/serve/trace_file.hpp"

#include <boost/json.hpp>
#include <iterator>
#include <set>

#include "tests/support/catch.hpp"
#include "tests/support/temp_folder.hpp"

using namespace octavo;

namespace {

namespace json = boost::json;

using Events = std::vector<json::object>;

/// What a trace file holds after `tell` and its end.
template <class Tell>
Events events_after(const Tell& tell) {
  const testing::TempFolder folder;
  const auto path = folder.path() / "trace.json";
  {
    auto file = TraceFile::create(path);
    REQUIRE(file.has_value());
    tell(**file);
  }
  std::ifstream in(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  Events events;
  const json::value whole = json::parse(text);
  for (const json::value& each : whole.at("traceEvents").as_array())
    events.push_back(each.as_object());
  return events;
}

/// "b running" for each edge of the lives of that kind and id.
std::vector<std::string> life_of(const Events& events, const char* kind, std::uint64_t id) {
  std::vector<std::string> edges;
  for (const json::object& each : events) {
    if (!each.contains("cat") || each.at("cat") != kind ||
        each.at("id").to_number<std::uint64_t>() != id)
      continue;
    edges.push_back(std::string(each.at("ph").as_string()) + " " +
                    std::string(each.at("name").as_string()));
  }
  return edges;
}

TimePoint now() { return std::chrono::steady_clock::now(); }

SequenceStart start_of(std::uint64_t request, std::uint64_t sequence) {
  SequenceStart start;
  start.request = RequestId{request};
  start.id = SequenceId{sequence};
  return start;
}

Request request_of(std::uint64_t id) {
  Request request;
  request.id = RequestId{id};
  return request;
}

using Edges = std::vector<std::string>;

}  // namespace

TEST_CASE("a trace of nothing is whole, and names its rows") {
  const Events events = events_after([](TraceFile&) {});
  std::set<std::string> processes;
  std::set<std::string> rows;
  for (const json::object& each : events) {
    CHECK(each.at("ph") == "M");
    const std::string name(each.at("args").at("name").as_string());
    (each.at("name") == "process_name" ? processes : rows).insert(name);
  }
  CHECK(processes == std::set<std::string>{"engine", "device", "sequences"});
  CHECK(rows == std::set<std::string>{"scheduler", "block manager", "executor", "compute",
                                      "copy out", "copy in"});
}

TEST_CASE("a span stands in the row of its track, with its step, length and count") {
  const TimePoint begin = now();
  const Events events = events_after([&](TraceFile& file) {
    for (const Track track : {Track::kScheduler, Track::kCompute, Track::kCopyOut, Track::kCopyIn})
      file.add({track, 12, begin, begin + std::chrono::microseconds(1500), 34});
  });
  std::vector<json::object> spans;
  for (const json::object& each : events) {
    if (each.at("ph") == "X") spans.push_back(each);
  }
  REQUIRE(spans.size() == 4);
  for (const json::object& span : spans) {
    CHECK(span.at("name") == "step 12");
    CHECK(span.at("dur").as_double() == Approx(1500));
    CHECK(span.at("args").at("step") == 12);
  }
  CHECK(spans[0].at("pid") != spans[1].at("pid"));
  CHECK(spans[1].at("pid") == spans[3].at("pid"));
  CHECK(spans[2].at("tid") != spans[3].at("tid"));
  CHECK(spans[0].at("args").at("tokens") == 34);
  CHECK(spans[1].at("args").at("tokens") == 34);
  CHECK(spans[2].at("args").at("blocks") == 34);
  CHECK(spans[3].at("args").at("blocks") == 34);
}

TEST_CASE("a request waits until its first sequence starts, and that runs until it is released") {
  const Events events = events_after([](TraceFile& file) {
    file.submitted(request_of(4), now());
    StepPlan start;
    start.starts = {start_of(4, 7)};
    file.planned(&start, now());
    StepPlan more;
    more.scheduled.resize(1);
    more.scheduled[0].id = SequenceId{7};
    file.planned(&more, now());
    StepPlan end;
    end.released = {SequenceId{7}};
    file.planned(&end, now());
  });
  CHECK(life_of(events, "request", 4) == Edges{"b waiting", "e waiting"});
  CHECK(life_of(events, "sequence", 7) == Edges{"b running", "e running"});
}

TEST_CASE("a sequence that gives way is told as such until it runs again") {
  const Events events = events_after([](TraceFile& file) {
    StepPlan start;
    start.starts = {start_of(1, 1), start_of(1, 2)};
    file.planned(&start, now());
    StepPlan preempt;
    preempt.preempted = {{SequenceId{1}, PreemptionMode::kSwap},
                         {SequenceId{2}, PreemptionMode::kRecompute}};
    file.planned(&preempt, now());
    StepPlan back;
    back.promotions = {SequenceId{1}};
    back.starts = {start_of(1, 2)};
    file.planned(&back, now());
    StepPlan run;
    run.scheduled.resize(1);
    run.scheduled[0].id = SequenceId{1};
    file.planned(&run, now());
    StepPlan end;
    end.released = {SequenceId{1}, SequenceId{2}};
    file.planned(&end, now());
  });
  CHECK(life_of(events, "sequence", 1) == Edges{"b running", "e running", "b swapped out",
                                                "e swapped out", "b coming back", "e coming back",
                                                "b running", "e running"});
  CHECK(life_of(events, "sequence", 2) == Edges{"b running", "e running", "b to be recomputed",
                                                "e to be recomputed", "b running", "e running"});
}

TEST_CASE("requests and sequences of one number are two lives") {
  const Events events = events_after([](TraceFile& file) {
    file.submitted(request_of(1), now());
    StepPlan start;
    start.starts = {start_of(2, 1)};
    file.planned(&start, now());
  });
  CHECK(life_of(events, "request", 1) == Edges{"b waiting", "e waiting"});
  CHECK(life_of(events, "sequence", 1) == Edges{"b running", "e running"});
}

TEST_CASE("a request that is cancelled, rejected or over waits no longer, and is told once") {
  const Events events = events_after([](TraceFile& file) {
    for (const std::uint64_t id : {1, 2, 3}) file.submitted(request_of(id), now());
    file.cancelled(RequestId{1}, CancelReason::kClientCancelled, now(), -1);
    file.ended(RequestId{1}, now());
    file.ended(RequestId{2}, now());
    file.cancelled(RequestId{3}, CancelReason::kStopMatched, now(), 1);  // One choice of several.
    StepPlan start;
    start.starts = {start_of(3, 7)};
    file.planned(&start, now());
    file.ended(RequestId{3}, now());
    file.cancelled(RequestId{4}, CancelReason::kClientCancelled, now(), -1);
    file.failed(StepId{9}, Error{}, now());
    file.submitted(request_of(1), now());  // An id may come again.
    file.ended(RequestId{1}, now());
  });
  CHECK(life_of(events, "request", 1) == Edges{"b waiting", "e waiting", "b waiting", "e waiting"});
  CHECK(life_of(events, "request", 2) == Edges{"b waiting", "e waiting"});
  CHECK(life_of(events, "request", 3) == Edges{"b waiting", "e waiting"});
  CHECK(life_of(events, "request", 4).empty());
}

TEST_CASE("a request of which one choice is cancelled goes on waiting") {
  const Events events = events_after([](TraceFile& file) {
    file.submitted(request_of(3), now());
    file.cancelled(RequestId{3}, CancelReason::kStopMatched, now(), 0);
    file.failed(StepId{9}, Error{}, now());
  });
  CHECK(events.back().at("ph") == "e");  // With the file, behind the failed step.
  CHECK(life_of(events, "request", 3) == Edges{"b waiting", "e waiting"});
}

TEST_CASE("what goes on when the file ends, ends with it") {
  const Events events = events_after([](TraceFile& file) {
    file.submitted(request_of(1), now());
    StepPlan start;
    start.starts = {start_of(2, 5)};
    file.planned(&start, now());
    file.submitted(request_of(3), now());
  });
  CHECK(life_of(events, "request", 1) == Edges{"b waiting", "e waiting"});
  CHECK(life_of(events, "request", 3) == Edges{"b waiting", "e waiting"});
  CHECK(life_of(events, "sequence", 5) == Edges{"b running", "e running"});
}

TEST_CASE("a plan of nothing and a release of what never ran leave no mark") {
  const Events events = events_after([](TraceFile& file) {
    file.planned(nullptr, now());
    StepPlan end;
    end.released = {SequenceId{7}};
    file.planned(&end, now());
  });
  CHECK(life_of(events, "sequence", 7).empty());
}

TEST_CASE("a failed step is a moment of its own") {
  const Events events = events_after([](TraceFile& file) {
    file.failed(StepId{9}, Error{Errc::kEngineError, "a \"reason\"", ""}, now());
  });
  CHECK(events.back().at("ph") == "i");
  CHECK(events.back().at("name") == "step 9 failed");
}

TEST_CASE("a file that cannot be written is named") {
  const auto file = TraceFile::create("/nowhere/trace.json");
  REQUIRE(file.has_error());
  CHECK(file.error().code == Errc::kIo);
  CHECK(file.error().param == "trace");
  CHECK(file.error().detail == "`/nowhere/trace.json` cannot be written");
}
