// Plays a trace through the scheduler and the block manager that serve real requests, against a
// cost model instead of a model, on a virtual clock: step after step, as the ring does, with one
// step in flight. Deterministic, the real time it takes excepted.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <unordered_map>
#include <vector>

#include "src/cache/block_manager.hpp"
#include "src/core/result.hpp"
#include "src/replay/cost_executor.hpp"
#include "src/replay/cost_model.hpp"
#include "src/replay/memory_account.hpp"
#include "src/replay/outcome.hpp"
#include "src/replay/trace.hpp"
#include "src/replay/usage_clock.hpp"
#include "src/scheduler/scheduler.hpp"

namespace octavo {

struct ReplayConfig {
  SchedulerConfig engine;  ///< With sizes and limits; the replay sets the rest.
  KvAllocator allocator = KvAllocator::kPaged;
  SamplingParams sampling;  ///< `n` or `beam_width`, else what the trace says of each request; the
                            ///< lengths come from the trace.
};

class Replayer {
 public:
  /// Trace and cost model must outlive it.
  Replayer(const Trace& trace, const CostModel& cost, ReplayConfig config);

  /// Hears now and then how many requests are done. Errors: kEngineError when requests are left
  /// that never run.
  Result<Outcome> run(const std::function<void(std::int64_t)>& progress = {});

 private:
  void arrive();
  void submit(std::size_t index);
  Result<void> step(StepPlan plan);
  void enter(const SequenceStart& start);
  void account(const StepBatch& batch);
  void hear(const RequestEvent& event);
  void take_picture();
  StepUsage usage() const;
  std::int64_t num_waiting() const;
  TimePoint now() const;
  Outcome report() const;

  const Trace& trace_;
  ReplayConfig config_;
  Scheduler scheduler_;
  BlockManager blocks_;
  CostExecutor executor_;
  MemoryAccount account_;
  UsageClock clock_;
  Outcome outcome_;

  std::size_t num_arrived_ = 0;
  std::deque<std::size_t> held_;  ///< Arrived, not submitted: the queue need not hold all prompts.
  std::vector<std::size_t> submitted_;                  ///< [RequestId - 1]: index in the trace.
  std::unordered_map<SequenceId, SequenceFate> fates_;  ///< Of sequences that started.
  std::vector<std::uint64_t>
      batched_in_;  ///< [index in the trace]: the last step that scheduled it.
  std::int32_t num_batched_ = 0;
  bool is_prefilling_ = false;
  std::vector<double> normalized_s_;
  std::int64_t num_prompt_tokens_ = 0;
  std::int64_t num_cached_tokens_ = 0;
};

}  // namespace octavo
