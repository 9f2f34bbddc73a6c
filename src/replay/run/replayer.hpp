// Plays a trace through the scheduler and the block manager that serve real requests, against a
// cost model instead of a model, on a virtual clock: step after step, as the ring does, with one
// step in flight. Deterministic, the real time it takes excepted.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>

#include "src/core/result.hpp"
#include "src/engine/engine_loop.hpp"
#include "src/replay/run/cost_executor.hpp"
#include "src/replay/run/cost_model.hpp"
#include "src/replay/run/outcome.hpp"
#include "src/replay/run/run_account.hpp"
#include "src/replay/trace/trace.hpp"

namespace octavo {

struct ReplayConfig {
  SchedulerConfig engine;  ///< With sizes and limits; the replay sets the rest.
  KvAllocator allocator = KvAllocator::kPaged;
  SamplingParams sampling;  ///< `n` or `beam_width`, else what the trace says of each request; the
                            ///< lengths come from the trace.
};

class Replayer final : private StepObserver {
 public:
  /// Trace and cost model must outlive it.
  Replayer(const Trace& trace, const CostModel& cost, ReplayConfig config);

  /// Hears now and then how many requests are done. Errors: kEngineError when requests are left
  /// that never run.
  [[nodiscard]] Result<Outcome> run(const std::function<void(std::int64_t)>& progress = {});

 private:
  void arrive();
  void submit(std::size_t index);
  void planned(const StepPlan& plan) override;
  void reserved(const StepBatch& batch) override;
  void collected(const StepResult& result) override;
  void hear(const RequestEvent& event);
  std::int64_t num_waiting() const;
  TimePoint now() const;

  const Trace& trace_;
  ReplayConfig config_;
  CostExecutor executor_;
  RunAccount account_;
  EngineLoop loop_;

  std::size_t num_arrived_ = 0;
  std::deque<std::size_t> held_;  ///< Arrived, not submitted: the queue need not hold all prompts.
  std::uint64_t num_submitted_ = 0;
};

}  // namespace octavo
