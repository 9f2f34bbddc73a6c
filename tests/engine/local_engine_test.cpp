#include "src/engine/local_engine.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/fake_executor.hpp"

using namespace octavo;
using testing::FakeExecutor;

namespace {

SchedulerConfig small_config() {
  SchedulerConfig config;
  config.num_blocks = 16;
  config.num_host_blocks = 16;
  config.block_size = 4;
  config.max_model_len = 64;
  config.max_steps_in_flight = 2;
  return config;
}

Request request(std::uint64_t id, std::int32_t max_tokens = 4) {
  Request made;
  made.id = RequestId{id};
  made.prompt = {1, 2, 3};
  made.sampling.max_tokens = max_tokens;
  made.sampling.ignore_eos = true;
  return made;
}

/// A device that works by itself: its steps have not ended before somebody waits for them, and its
/// transfers outlast the steps.
class BusyDevice final : public StepExecutor {
 public:
  BusyDevice() { fake.holds_transfers = true; }

  Result<LaunchedStep> launch(const StepBatch& batch) override {
    most_in_flight = std::max(most_in_flight, ++num_in_flight_);
    return fake.launch(batch);
  }
  bool has_ended(const LaunchedStep&) override { return ends_at_once; }
  void wait(const LaunchedStep&) override {}
  Result<StepResult> collect(const LaunchedStep& step) override {
    --num_in_flight_;
    return fake.collect(step);
  }
  std::optional<LaunchedTransfer> oldest_transfer() const override {
    if (fake.num_transfers() == 0) return std::nullopt;
    return LaunchedTransfer{0};
  }
  void wait(const LaunchedTransfer&) override { ++num_waited_transfers; }
  std::vector<TransferId> collect_transfers() override {
    std::vector<TransferId> finished;
    fake.finish_transfers(1, finished);
    return finished;
  }

  FakeExecutor fake{16, 4, 50, 16};
  bool ends_at_once = false;
  int most_in_flight = 0;
  int num_waited_transfers = 0;

 private:
  int num_in_flight_ = 0;
};

template <class Event>
const Event* first_of(const std::vector<RequestEvent>& events) {
  for (const RequestEvent& event : events) {
    if (const auto* wanted = std::get_if<Event>(&event)) return wanted;
  }
  return nullptr;
}

/// All events until nothing is left to do.
std::vector<RequestEvent> run(LocalEngine& engine) {
  std::vector<RequestEvent> events;
  for (int i = 0; i < 100 && !engine.is_idle(); ++i) {
    for (RequestEvent& event : engine.step()) events.push_back(std::move(event));
  }
  CHECK(engine.is_idle());
  return events;
}

/// Counts what the scheduler is told.
class Journal final : public SchedulerJournal {
 public:
  void submitted(const Request&, TimePoint) override { ++num_submitted; }
  void cancelled(RequestId, CancelReason reason, TimePoint, std::int32_t choice) override {
    last_reason = reason;
    last_choice = choice;
  }
  void asked_to_preempt(RequestId, PreemptionMode) override {}
  void planned(const StepPlan*, TimePoint) override {}
  void completed(const StepReceipt&, const StepResult&, TimePoint) override { ++num_completed; }
  void failed(StepId, const Error&, TimePoint) override {}
  void transferred(const std::vector<TransferId>&) override {}

  int num_submitted = 0;
  int num_completed = 0;
  CancelReason last_reason = CancelReason::kClientGone;
  std::int32_t last_choice = -1;
};

}  // namespace

TEST_CASE("an engine without requests is idle, and a step of it does nothing") {
  FakeExecutor executor(16, 4, 50);
  LocalEngine engine(small_config(), executor);
  CHECK(engine.is_idle());
  CHECK(engine.step().empty());
  CHECK(executor.num_steps == 0);
}

TEST_CASE("a step answers all that happened in it, from the acceptance to the first token") {
  FakeExecutor executor(16, 4, 50);
  LocalEngine engine(small_config(), executor);
  engine.submit(request(1));
  const auto events = engine.step();
  REQUIRE(events.size() == 2);
  CHECK(std::holds_alternative<RequestAccepted>(events[0]));
  REQUIRE(std::holds_alternative<TokensGenerated>(events[1]));
  CHECK(std::get<TokensGenerated>(events[1]).tokens[0].token == testing::next_token({1, 2, 3}, 50));
  CHECK_FALSE(engine.is_idle());
  CHECK(engine.status().num_running == 1);
}

TEST_CASE("an executor that ends its steps at once has one of them at a time") {
  FakeExecutor executor(16, 4, 50);
  LocalEngine engine(small_config(), executor);
  engine.submit(request(1));
  for (int num_steps = 1; num_steps <= 4; ++num_steps) {
    engine.step();
    CHECK(executor.num_steps == num_steps);
  }
  run(engine);
  CHECK(engine.blocks().num_free() == 16);
  CHECK(engine.status().num_free_blocks == 16);
}

TEST_CASE("a device that works by itself has the next step before the last has ended") {
  BusyDevice device;
  LocalEngine engine(small_config(), device);
  engine.submit(request(1, 8));
  const auto events = run(engine);
  CHECK(device.most_in_flight == 2);
  REQUIRE(first_of<RequestFinished>(events) != nullptr);
  CHECK(first_of<RequestFinished>(events)->usage.num_completion_tokens == 8);
}

TEST_CASE("a step that has ended is collected before the next is launched") {
  BusyDevice device;
  device.ends_at_once = true;
  LocalEngine engine(small_config(), device);
  engine.submit(request(1, 8));
  run(engine);
  CHECK(device.most_in_flight == 1);
}

TEST_CASE("where nothing can be planned before a transfer is over, a step waits for it") {
  BusyDevice device;
  LocalEngine engine(small_config(), device);
  engine.submit(request(1, 8));
  engine.step();
  engine.preempt(RequestId{1}, PreemptionMode::kSwap);
  const auto events = run(engine);
  CHECK(device.num_waited_transfers == 2);  // Out and back.
  REQUIRE(first_of<RequestResumed>(events) != nullptr);
  CHECK(first_of<RequestResumed>(events)->mode == PreemptionMode::kSwap);
  CHECK(first_of<RequestFinished>(events)->reason == FinishReason::kLength);
  CHECK(engine.status().num_preemptions_swap == 1);
}

TEST_CASE("a cancel names its reason and its choice, to the scheduler and to the journal") {
  FakeExecutor executor(16, 4, 50);
  Journal journal;
  LocalEngine engine(small_config(), executor, &journal);
  Request two = request(1, 8);
  two.sampling.n = 2;
  engine.submit(two);
  engine.step();
  engine.step();
  engine.cancel(RequestId{1}, CancelReason::kStopMatched, 1);
  const auto stopped = engine.step();
  REQUIRE(first_of<TokensGenerated>(stopped) != nullptr);
  CHECK(first_of<TokensGenerated>(stopped)->choice == 1);
  CHECK(first_of<TokensGenerated>(stopped)->finished == FinishReason::kStop);
  CHECK(journal.num_submitted == 1);
  CHECK(journal.num_completed == 3);
  CHECK(journal.last_reason == CancelReason::kStopMatched);
  CHECK(journal.last_choice == 1);
  CHECK_FALSE(engine.is_idle());
  engine.cancel(RequestId{1}, CancelReason::kClientGone, -1);
  CHECK(first_of<RequestFinished>(run(engine))->reason == FinishReason::kCancelled);
}

TEST_CASE("a failed step ends its requests with the error, and the engine goes on") {
  FakeExecutor executor(16, 4, 50);
  LocalEngine engine(small_config(), executor);
  engine.submit(request(1));
  executor.fail_next = true;
  const auto events = engine.step();
  REQUIRE(first_of<RequestFinished>(events) != nullptr);
  CHECK(first_of<RequestFinished>(events)->error->detail == "the device fell over");
  run(engine);
  engine.submit(request(2));
  const auto others = run(engine);
  CHECK(first_of<RequestFinished>(others)->reason == FinishReason::kLength);
}
