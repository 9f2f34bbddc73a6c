// The place where a batch becomes tokens, as the ring sees it: the model on its device, or a fake
// one in a test. A step is launched and collected, so that a device computes it while the next one
// is being prepared; steps end in the order of their launches. Transfers between the tiers run
// beside them, and may outlast them.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "src/core/result.hpp"
#include "src/core/step.hpp"

namespace octavo {

/// A step on its way: what to wait for, in the executor's own words.
struct LaunchedStep {
  std::uint64_t ticket = 0;
};

/// A transfer on its way, likewise.
struct LaunchedTransfer {
  std::uint64_t ticket = 0;
};

class StepExecutor {
 public:
  virtual ~StepExecutor() = default;

  /// Begins a step; at most two may be on their way. May run it to its end and block for that: then
  /// it `has_ended`, and is collected before the next is launched. Errors: kEngineError (nothing
  /// has begun), kOutOfMemory.
  [[nodiscard]] virtual Result<LaunchedStep> launch(const StepBatch& batch) = 0;
  virtual bool has_ended(const LaunchedStep& step) = 0;
  /// Blocks until the step has ended, well or not. Thread: any.
  virtual void wait(const LaunchedStep& step) = 0;
  /// What came of the oldest launched step, which has ended; with the transfers of this and earlier
  /// steps that have finished by now. Errors: kEngineError.
  [[nodiscard]] virtual Result<StepResult> collect(const LaunchedStep& step) = 0;

  /// The oldest transfer that no result has reported.
  virtual std::optional<LaunchedTransfer> oldest_transfer() const { return std::nullopt; }
  /// Blocks until the transfer has ended. Thread: any.
  virtual void wait(const LaunchedTransfer&) {}
  /// Those that have finished and that no result will report: while no step is on its way.
  virtual std::vector<TransferId> collect_transfers() { return {}; }

  /// Why nothing more can be computed here, ever; empty: all is well. Steps that compute nothing
  /// still succeed, so that the ring can come to its end.
  virtual std::string fault() const { return {}; }

  /// One step from its beginning to its end.
  [[nodiscard]] virtual Result<StepResult> execute(const StepBatch& batch) {
    const auto launched = launch(batch);
    if (!launched) return launched.error();
    wait(*launched);
    return collect(*launched);
  }
};

/// An executor whose steps end when they are launched.
class ImmediateExecutor : public StepExecutor {
 public:
  [[nodiscard]] Result<StepResult> execute(const StepBatch& batch) override = 0;

  [[nodiscard]] Result<LaunchedStep> launch(const StepBatch& batch) final {
    auto result = execute(batch);
    if (!result) return result.error();
    results_.push_back(std::move(*result));
    return LaunchedStep{};
  }
  bool has_ended(const LaunchedStep&) final { return true; }
  void wait(const LaunchedStep&) final {}
  [[nodiscard]] Result<StepResult> collect(const LaunchedStep&) final {
    StepResult result = std::move(results_.front());
    results_.pop_front();
    return result;
  }

 private:
  std::deque<StepResult> results_;
};

}  // namespace octavo
