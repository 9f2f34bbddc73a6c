#include "src/engine/step_executor.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/print.hpp"

using namespace octavo;

namespace {

const Error kBroken{Errc::kEngineError, "broken", ""};

StepBatch batch_of(std::uint64_t id) {
  StepBatch batch;
  batch.id = StepId{id};
  return batch;
}

/// Step 0 cannot be had.
class Immediate final : public ImmediateExecutor {
 public:
  Result<StepResult> execute(const StepBatch& batch) override {
    if (batch.id == StepId{0}) return kBroken;
    ++num_executed;
    StepResult result;
    result.id = batch.id;
    return result;
  }
  int num_executed = 0;
};

/// Notes in which order it was asked for what, and with which ticket.
class Noting final : public StepExecutor {
 public:
  Result<LaunchedStep> launch(const StepBatch& batch) override {
    if (batch.id == StepId{0}) return kBroken;
    notes += "launch ";
    return LaunchedStep{batch.id.value * 10};
  }
  bool has_ended(const LaunchedStep&) override { return true; }
  void wait(const LaunchedStep& step) override { notes += "wait " + text(step); }
  Result<StepResult> collect(const LaunchedStep& step) override {
    notes += "collect " + text(step);
    return StepResult{};
  }
  std::string notes;

 private:
  static std::string text(const LaunchedStep& step) { return std::to_string(step.ticket) + " "; }
};

}  // namespace

TEST_CASE("a step from its beginning to its end is launched, awaited and collected") {
  Noting executor;
  CHECK(executor.execute(batch_of(7)).has_value());
  CHECK(executor.notes == "launch wait 70 collect 70 ");
}

TEST_CASE("a step that cannot be launched is neither awaited nor collected") {
  Noting executor;
  const auto result = executor.execute(batch_of(0));
  REQUIRE(result.has_error());
  CHECK(result.error() == kBroken);
  CHECK(executor.notes.empty());
}

TEST_CASE("an executor without transfers has none, and nothing wrong with it") {
  Noting executor;
  CHECK_FALSE(executor.oldest_transfer());
  CHECK(executor.collect_transfers().empty());
  CHECK(executor.fault().empty());
}

TEST_CASE("an immediate executor has ended a step when it is launched") {
  Immediate executor;
  StepExecutor& as_any = executor;
  const auto launched = as_any.launch(batch_of(1));
  REQUIRE(launched.has_value());
  CHECK(executor.num_executed == 1);
  CHECK(as_any.has_ended(*launched));
  as_any.wait(*launched);
  CHECK(as_any.collect(*launched)->id == StepId{1});
  CHECK(executor.num_executed == 1);
}

TEST_CASE("steps that are launched behind one another are collected in the same order") {
  Immediate executor;
  const auto first = executor.launch(batch_of(1));
  const auto second = executor.launch(batch_of(2));
  CHECK(executor.collect(*first)->id == StepId{1});
  CHECK(executor.collect(*second)->id == StepId{2});
}

TEST_CASE("an immediate step that fails fails at its launch, and leaves nothing to collect") {
  Immediate executor;
  const auto failed = executor.launch(batch_of(0));
  REQUIRE(failed.has_error());
  CHECK(failed.error() == kBroken);
  const auto launched = executor.launch(batch_of(3));
  CHECK(executor.collect(*launched)->id == StepId{3});
}
