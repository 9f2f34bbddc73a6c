#include "src/engine/engine_loop.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/fake_executor.hpp"

using namespace octavo;
using testing::FakeExecutor;

namespace {

SchedulerConfig small_config() {
  SchedulerConfig config;
  config.num_blocks = 16;
  config.block_size = 4;
  config.max_model_len = 64;
  config.max_steps_in_flight = 2;
  return config;
}

Request request(std::uint64_t id) {
  Request made;
  made.id = RequestId{id};
  made.prompt = {1, 2, 3};
  made.sampling.max_tokens = 4;
  made.sampling.ignore_eos = true;
  return made;
}

/// Refuses every step at once, as a device that is lost.
class LostDevice final : public StepExecutor {
 public:
  Result<LaunchedStep> launch(const StepBatch&) override {
    return Error{Errc::kEngineError, "the device is lost", ""};
  }
  bool has_ended(const LaunchedStep&) override { return false; }
  void wait(const LaunchedStep&) override { FAIL("a step that never began is not waited for"); }
  Result<StepResult> collect(const LaunchedStep&) override {
    FAIL("a step that never began is not collected");
    return StepResult{};
  }
};

/// The names of what passed, in order.
class Log final : public StepObserver, public SchedulerJournal {
 public:
  void planned(const StepPlan&) override { names += "P"; }
  void reserved(const StepBatch&) override { names += "R"; }
  void collected(const StepResult&) override { names += "C"; }
  void submitted(const Request&, TimePoint) override { names += "s"; }
  void cancelled(RequestId, CancelReason, TimePoint, std::int32_t) override { names += "x"; }
  void asked_to_preempt(RequestId, PreemptionMode) override { names += "a"; }
  void planned(const StepPlan* plan, TimePoint) override { names += plan == nullptr ? "-" : "p"; }
  void completed(const StepReceipt&, const StepResult&, TimePoint) override { names += "c"; }
  void failed(StepId, const Error&, TimePoint) override { names += "f"; }
  void transferred(const std::vector<TransferId>&) override { names += "t"; }

  std::string names;
};

const EngineLoop::Clock kFixed = [] { return TimePoint{}; };

}  // namespace

TEST_CASE("a step passes the journal, the observer, the device and the scheduler in that order") {
  FakeExecutor executor(16, 4, 50);
  EngineLoop loop(small_config(), executor, kFixed);
  Log log;
  loop.set_observer(&log);
  loop.set_journal(&log);
  loop.submit(request(1));
  CHECK(loop.launch());
  CHECK_FALSE(loop.launch());  // What is cached of the request is not known yet.
  CHECK(loop.complete_oldest());
  CHECK(log.names == "spPR-Cc");
  CHECK_FALSE(loop.complete_oldest());
}

TEST_CASE("everything that the scheduler is given is in the journal") {
  FakeExecutor executor(16, 4, 50);
  EngineLoop loop(small_config(), executor, kFixed);
  Log log;
  loop.set_journal(&log);
  loop.submit(request(1));
  loop.preempt(RequestId{1}, PreemptionMode::kSwap);
  loop.cancel(RequestId{1}, CancelReason::kClientGone);
  loop.finish_transfers({});
  CHECK(log.names == "saxt");
}

TEST_CASE("a step that the device refuses ends its requests, and needs no waiting") {
  LostDevice executor;
  EngineLoop loop(small_config(), executor, kFixed);
  Log log;
  loop.set_journal(&log);
  loop.submit(request(1));
  CHECK_FALSE(loop.newest_has_ended());
  REQUIRE(loop.launch());
  CHECK(loop.newest_has_ended());
  CHECK(loop.complete_oldest());
  CHECK(log.names == "spf");
  bool has_ended = false;
  for (const RequestEvent& event : loop.take_events()) {
    const auto* finished = std::get_if<RequestFinished>(&event);
    has_ended = has_ended || (finished != nullptr && finished->reason == FinishReason::kError);
  }
  CHECK(has_ended);
}

TEST_CASE("the receipt stays with the loop until its step has come back") {
  FakeExecutor executor(16, 4, 50);
  EngineLoop loop(small_config(), executor, kFixed);
  CHECK(loop.oldest() == nullptr);
  loop.submit(request(1));
  loop.launch();
  REQUIRE(loop.oldest() != nullptr);
  CHECK(loop.oldest()->id == StepId{1});
  CHECK(loop.oldest()->started.size() == 1);
  loop.complete_oldest();
  CHECK(loop.oldest() == nullptr);
}
