// The engine without actors or a network: scheduler, block manager and executor in one thread, one
// call per step. What `octavo generate` and the benchmarks run, and what an embedding program
// would. On a device that works by itself the next step is launched before the last has ended.
#pragma once

#include <utility>
#include <vector>

#include "src/engine/engine_loop.hpp"

namespace octavo {

class LocalEngine {
 public:
  /// Executor and journal outlive the engine; journal: may be null.
  LocalEngine(const SchedulerConfig& config, StepExecutor& executor,
              SchedulerJournal* journal = nullptr)
      : loop_(config, executor, [] { return std::chrono::steady_clock::now(); }) {
    loop_.set_journal(journal);
  }

  void submit(Request request) { loop_.submit(std::move(request)); }
  void cancel(RequestId request, CancelReason reason, std::int32_t choice) {
    loop_.cancel(request, reason, choice);
  }
  void preempt(RequestId request, PreemptionMode mode) { loop_.preempt(request, mode); }
  bool is_idle() const { return loop_.scheduler().is_idle(); }

  /// Launches as many steps as may be on their way, then completes the oldest. Answers what
  /// happened.
  std::vector<RequestEvent> step() {
    while (loop_.launch() && !loop_.newest_has_ended()) {
    }
    // Nothing can be planned before a transfer has arrived.
    if (!loop_.complete_oldest()) loop_.wait_for_transfer();
    return loop_.take_events();
  }

  const BlockManager& blocks() const { return loop_.blocks(); }
  SchedulerStatus status() const { return loop_.scheduler().status(); }

 private:
  EngineLoop loop_;
};

}  // namespace octavo
