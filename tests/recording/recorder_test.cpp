// When a recorder hands on what it has, and what it remembers. Its records: recording_test.cpp.
#include "src/recording/recorder.hpp"

#include "tests/recording/record_file.hpp"
#include "tests/support/catch.hpp"

using namespace octavo;
using namespace octavo::testing;
using namespace std::chrono_literals;

namespace {

struct Recorded {
  explicit Recorded(std::size_t max_pieces = 1000)
      : recorder(header(), [this, max_pieces](std::string piece) {
          bytes += piece;
          sizes.push_back(piece.size());
          return sizes.size() < max_pieces;
        }) {}
  static RecordingHeader header() {
    RecordingHeader made;
    made.origin = kOrigin;
    return made;
  }
  std::size_t num_pieces() const { return sizes.size(); }

  static constexpr TimePoint kOrigin = TimePoint(5s);
  std::string bytes;
  std::vector<std::size_t> sizes;
  Recorder recorder;
};

constexpr TimePoint kNow = Recorded::kOrigin;

Request request_of(std::size_t num_tokens) {
  Request made;
  made.id = RequestId{1};
  made.prompt.assign(num_tokens, 1);
  return made;
}

StepPlan plan_of(std::uint64_t id) {
  StepPlan plan;
  plan.id = StepId{id};
  return plan;
}

void complete(Recorder& recorder, std::uint64_t step, std::vector<SampledToken> sampled = {}) {
  StepReceipt receipt;
  StepResult result;
  receipt.id = result.id = StepId{step};
  result.sampled = std::move(sampled);
  recorder.completed(receipt, result, kNow);
}

}  // namespace

TEST_CASE("the header is handed on at once") {
  const Recorded recorded;
  REQUIRE(recorded.num_pieces() == 1);
  CHECK(is_recording(recorded.bytes));
  CHECK(read_all(recorded.bytes).fault().empty());
  CHECK(recorded.recorder.is_recording());
}

TEST_CASE("bytes are handed on when a quarter of a second has passed since the last time") {
  Recorded recorded;
  recorded.recorder.submitted(request_of(3), kNow + 249ms);
  CHECK(recorded.num_pieces() == 1);
  recorded.recorder.submitted(request_of(3), kNow + 250ms);
  CHECK(recorded.num_pieces() == 2);
  recorded.recorder.submitted(request_of(3), kNow + 499ms);
  CHECK(recorded.num_pieces() == 2);
  const StepPlan plan = plan_of(1);
  recorded.recorder.planned(&plan, kNow + 500ms);
  CHECK(recorded.num_pieces() == 3);
  CHECK(read_all(recorded.bytes).events.size() == 4);
}

TEST_CASE("many bytes are handed on without waiting") {
  Recorded recorded;
  recorded.recorder.submitted(request_of(60'000), kNow);
  CHECK(recorded.num_pieces() == 1);
  recorded.recorder.submitted(request_of(6'000), kNow);
  CHECK(recorded.num_pieces() == 2);
  CHECK(recorded.sizes[1] > 65'536);
}

TEST_CASE("nothing stays behind when the scheduler runs out of work, but not while it waits") {
  Recorded recorded;
  const StepPlan first = plan_of(1);
  const StepPlan second = plan_of(2);
  recorded.recorder.planned(&first, kNow);
  recorded.recorder.planned(&second, kNow);
  recorded.recorder.planned(nullptr, kNow);
  CHECK(recorded.num_pieces() == 1);  // Two steps are in flight: there will be another call.
  complete(recorded.recorder, 1);
  recorded.recorder.planned(nullptr, kNow);
  CHECK(recorded.num_pieces() == 1);
  recorded.recorder.failed(StepId{2}, Error{Errc::kEngineError, "", ""}, kNow);
  recorded.recorder.planned(nullptr, kNow);
  CHECK(recorded.num_pieces() == 2);
}

TEST_CASE("steps are counted and hashed, plans without a step are not") {
  Recorded recorded;
  const StepPlan plan = plan_of(1);
  CHECK(recorded.recorder.decision_hash() == 0);
  recorded.recorder.planned(&plan, kNow);
  recorded.recorder.planned(nullptr, kNow);
  CHECK(recorded.recorder.num_steps() == 1);
  DecisionHash hash;
  hash.add(plan);
  CHECK(recorded.recorder.decision_hash() == hash.value());
  recorded.recorder.close(kNow + 1s);
  const Reading reading = read_all(recorded.bytes);
  CHECK_FALSE(reading.is_truncated);
  CHECK(std::get<RecordedPlan>(reading.events.at(0)).hash == hash.value());
  const auto& end = std::get<RecordedEnd>(reading.events.at(2));
  CHECK(end.now == kNow + 1s);
  CHECK(end.num_steps == 1);
  CHECK(end.decision_hash == hash.value());
}

TEST_CASE("a sink that takes nothing, from the header on, ends the recording") {
  Recorded recorded(1);
  CHECK_FALSE(recorded.recorder.is_recording());
  const StepPlan plan = plan_of(1);
  recorded.recorder.submitted(request_of(100'000), kNow + 1s);
  recorded.recorder.cancelled(RequestId{1}, CancelReason::kClientGone, kNow, -1);
  recorded.recorder.asked_to_preempt(RequestId{1}, PreemptionMode::kSwap);
  recorded.recorder.planned(&plan, kNow + 1s);
  recorded.recorder.planned(nullptr, kNow + 1s);
  complete(recorded.recorder, 1);
  recorded.recorder.failed(StepId{1}, Error{}, kNow);
  recorded.recorder.transferred({});
  recorded.recorder.close(kNow + 1s);
  CHECK(recorded.num_pieces() == 1);
  CHECK(recorded.recorder.num_steps() == 0);  // What was recorded is what counts.
}

TEST_CASE("candidates are kept of the sequences of a beam search, while it lasts") {
  Recorded recorded;
  StepPlan starts = plan_of(1);
  starts.starts.resize(2);
  starts.starts[0].id = SequenceId{1};
  starts.starts[0].sampling.beam_width = 2;
  starts.starts[1].id = SequenceId{2};
  StepPlan forks = plan_of(2);
  forks.forks = {{SequenceId{1}, SequenceId{3}}};
  StepPlan releases = plan_of(3);
  releases.released = {SequenceId{1}};
  const auto sample = [](std::uint64_t id) {
    return SampledToken{SequenceId{id}, 5, std::nullopt, {{5, -0.5F}}};
  };
  std::uint64_t step = 0;
  for (const StepPlan* plan : {&starts, &forks, &releases}) {
    recorded.recorder.planned(plan, kNow);
    complete(recorded.recorder, ++step, {sample(1), sample(2), sample(3)});
  }
  recorded.recorder.close(kNow);
  std::vector<std::vector<std::size_t>> num_candidates;
  for (const RecordedEvent& event : read_all(recorded.bytes).events) {
    const auto* completion = std::get_if<RecordedCompletion>(&event);
    if (completion == nullptr) continue;
    num_candidates.emplace_back();
    for (const SampledToken& each : completion->result.sampled)
      num_candidates.back().push_back(each.top.size());
  }
  CHECK(num_candidates == std::vector<std::vector<std::size_t>>{{1, 0, 0}, {1, 0, 1}, {0, 0, 1}});
}
