// One walk around the ring: plan -> reserve -> launch, and later collect -> complete. The server's
// actors spread these steps over threads; everybody else (the engine in one thread, replays, tests)
// has them from here, so that they stand once. Who wants to see what passes observes it; who writes
// down what the scheduler was given keeps its journal.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <vector>

#include "src/cache/block_manager.hpp"
#include "src/engine/step_executor.hpp"
#include "src/scheduler/scheduler.hpp"
#include "src/scheduler/scheduler_journal.hpp"

namespace octavo {

/// Sees every step on its way. The defaults do nothing.
class StepObserver {
 public:
  virtual ~StepObserver() = default;
  virtual void planned(const StepPlan&) {}
  virtual void reserved(const StepBatch&) {}
  /// Before the scheduler knows of it.
  virtual void collected(const StepResult&) {}
};

/// Thread: one. Steps complete in the order of their launches.
class EngineLoop {
 public:
  using Clock = std::function<TimePoint()>;

  /// executor, observer and journal outlive the loop; the last two may be null. secret: keys the
  /// prefix index.
  EngineLoop(const SchedulerConfig& config, StepExecutor& executor, Clock clock,
             std::uint64_t secret = 0)
      : scheduler_(config),
        blocks_(config.cache(secret)),
        executor_(executor),
        clock_(std::move(clock)) {}
  void set_observer(StepObserver* observer) { observer_ = observer; }
  void set_journal(SchedulerJournal* journal) { journal_ = journal; }

  void submit(Request request);
  void cancel(RequestId request, CancelReason reason, std::int32_t choice = -1);
  void preempt(RequestId request, PreemptionMode mode);

  /// Plan, reserve, launch. False when there is nothing to plan.
  bool launch();
  /// Collects and completes the oldest step that is on its way; waits for its end. False when there
  /// is none.
  bool complete_oldest();
  /// Copies that ended without a step.
  void finish_transfers(const std::vector<TransferId>& finished);
  /// Waits until the executor's oldest transfer has ended. False when there is none.
  bool wait_for_transfer();

  std::vector<RequestEvent> take_events() { return scheduler_.take_events(); }
  /// The receipt of the oldest step on its way; null when there is none.
  const StepReceipt* oldest() const { return steps_.empty() ? nullptr : &steps_.front().receipt; }
  /// Whether the step launched last needs no waiting: it has ended, or never began.
  bool newest_has_ended() const;
  const Scheduler& scheduler() const { return scheduler_; }
  const BlockManager& blocks() const { return blocks_; }

 private:
  struct Step {
    StepReceipt receipt;
    Result<LaunchedStep> launched;
  };

  Scheduler scheduler_;
  BlockManager blocks_;
  StepExecutor& executor_;
  Clock clock_;
  StepObserver* observer_ = nullptr;
  SchedulerJournal* journal_ = nullptr;
  std::deque<Step> steps_;  ///< On their way, oldest first.
};

}  // namespace octavo
