// The engine without actors or a network: scheduler, block manager and executor in one thread, one
// call per step. What `octavo generate` and the benchmarks run, and what an embedding program
// would. On a device that works by itself the next step is launched before the last has ended.
#pragma once

#include <deque>
#include <optional>
#include <vector>

#include "src/cache/block_manager.hpp"
#include "src/core/step_executor.hpp"
#include "src/scheduler/scheduler.hpp"
#include "src/scheduler/scheduler_journal.hpp"

namespace octavo {

class LocalEngine {
 public:
  /// Executor and journal outlive the engine; journal: may be null.
  LocalEngine(const SchedulerConfig& config, StepExecutor& executor,
              SchedulerJournal* journal = nullptr)
      : scheduler_(config), blocks_(config.cache()), executor_(executor), journal_(journal) {}

  void submit(Request request) {
    const TimePoint time = now();
    if (journal_ != nullptr) journal_->submitted(request, time);
    scheduler_.submit(std::move(request), time);
  }
  void cancel(RequestId request, CancelReason reason, std::int32_t choice) {
    scheduler_.cancel(request, reason, now(), choice);
  }
  void preempt(RequestId request, PreemptionMode mode) { scheduler_.preempt(request, mode); }
  bool is_idle() const { return scheduler_.is_idle(); }

  /// plan -> reserve -> launch, as often as steps may be on their way; then the oldest is waited
  /// for: collect -> complete. Answers what happened.
  std::vector<RequestEvent> step() {
    while (auto plan = next_plan()) {
      const StepBatch batch = blocks_.reserve(std::move(*plan));
      steps_.push_back({batch.id, executor_.launch(batch)});
      const auto& launched = steps_.back().launched;
      if (!launched || executor_.has_ended(*launched)) break;  // To be collected first.
    }
    if (!steps_.empty())
      finish_oldest();
    else
      finish_transfers();
    return scheduler_.take_events();
  }

  const BlockManager& blocks() const { return blocks_; }
  SchedulerStatus status() const { return scheduler_.status(); }

 private:
  struct Step {
    StepId id;
    Result<LaunchedStep> launched;
  };

  static TimePoint now() { return std::chrono::steady_clock::now(); }

  std::optional<StepPlan> next_plan() {
    const TimePoint time = now();
    auto plan = scheduler_.plan(time);
    if (journal_ != nullptr) journal_->planned(plan ? &*plan : nullptr, time);
    return plan;
  }

  // Nothing can be planned before one of them has arrived.
  void finish_transfers() {
    const auto transfer = executor_.oldest_transfer();
    if (!transfer) return;
    executor_.wait(*transfer);
    scheduler_.finish_transfers(executor_.collect_transfers());
  }

  void finish_oldest() {
    const Step step = std::move(steps_.front());
    steps_.pop_front();
    if (step.launched) executor_.wait(*step.launched);
    auto result = step.launched ? executor_.collect(*step.launched)
                                : Result<StepResult>(step.launched.error());
    if (result)
      scheduler_.complete(*result, now());
    else
      scheduler_.fail(step.id, result.error(), now());
  }

  Scheduler scheduler_;
  BlockManager blocks_;
  StepExecutor& executor_;
  SchedulerJournal* journal_;
  std::deque<Step> steps_;  ///< Launched, oldest first.
};

}  // namespace octavo
