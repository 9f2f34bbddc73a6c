// The engine without actors or a network: scheduler, block manager and executor in one thread, one
// call per step. What `octavo generate` and the benchmarks run, and what an embedding program
// would.
#pragma once

#include <functional>
#include <vector>

#include "src/cache/block_manager.hpp"
#include "src/core/step_executor.hpp"
#include "src/scheduler/scheduler.hpp"

namespace octavo {

class LocalEngine {
 public:
  LocalEngine(const SchedulerConfig& config, StepExecutor& executor)
      : scheduler_(config), blocks_(config.cache()), executor_(executor) {}

  void submit(Request request) { scheduler_.submit(std::move(request), now()); }
  void cancel(RequestId request, CancelReason reason, std::int32_t choice) {
    scheduler_.cancel(request, reason, now(), choice);
  }
  void preempt(RequestId request, PreemptionMode mode) { scheduler_.preempt(request, mode); }
  bool is_idle() const { return scheduler_.is_idle(); }

  /// plan -> reserve -> execute -> complete. Answers what happened.
  std::vector<RequestEvent> step() {
    auto plan = scheduler_.plan(now());
    if (!plan) return scheduler_.take_events();
    const StepBatch batch = blocks_.reserve(std::move(*plan));
    auto result = executor_.execute(batch);
    if (result)
      scheduler_.complete(*result, now());
    else
      scheduler_.fail(batch.id, result.error(), now());
    return scheduler_.take_events();
  }

  const BlockManager& blocks() const { return blocks_; }
  SchedulerStatus status() const { return scheduler_.status(); }

 private:
  static TimePoint now() { return std::chrono::steady_clock::now(); }

  Scheduler scheduler_;
  BlockManager blocks_;
  StepExecutor& executor_;
};

}  // namespace octavo
