// The figures of one run, added up step after step: what the memory held, how many requests ran at
// once, how long they took. A replay against the cost model and a recording that is repeated are
// both told in them, and so can stand beside each other.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "src/core/request.hpp"
#include "src/replay/run/memory_account.hpp"
#include "src/replay/run/outcome.hpp"
#include "src/replay/run/usage_clock.hpp"
#include "src/replay/trace/trace.hpp"
#include "src/scheduler/scheduler_config.hpp"

namespace octavo {

class RunAccount {
 public:
  /// trace: what runs, with every request's true length; outlives this.
  RunAccount(const Trace& trace, const SchedulerConfig& engine);

  /// The request is the trace's at `index`.
  void submitted(RequestId request, std::size_t index) { index_of_[request] = index; }
  std::size_t index_of(RequestId request) const { return index_of_.at(request); }
  void reject() { ++outcome_.num_rejected; }  ///< Before it reached the scheduler.

  /// What a plan takes out of the batch. Before its step.
  void leave(const std::vector<SequenceId>& released, const std::vector<Preemption>& preempted);
  /// Follows the step that runs now.
  void run(const StepBatch& batch);
  /// The step took so long, and num_waiting sequences waited meanwhile.
  void elapse(double seconds, std::int64_t num_waiting);
  /// Nothing runs until then.
  void idle_until(double at_s, std::int64_t num_waiting);
  void told(const RequestEvent& event, double at_s);
  /// Keeps the pool's picture if it is fuller than the one kept.
  void take_picture();

  double now_s() const { return clock_.now_s(); }
  std::int64_t num_requests() const { return outcome_.num_requests; }  ///< Finished.
  std::int64_t num_rejected() const { return outcome_.num_rejected; }
  std::int64_t num_steps() const { return outcome_.num_steps; }
  Outcome report() const;

 private:
  void enter(const SequenceStart& start);
  StepUsage usage(std::int64_t num_waiting) const;
  double num_slots() const { return static_cast<double>(num_blocks_) * block_size_; }

  const Trace& trace_;
  std::int32_t num_blocks_;
  std::int32_t block_size_;
  MemoryAccount memory_;
  UsageClock clock_;
  Outcome outcome_;
  std::unordered_map<RequestId, std::size_t> index_of_;  ///< In the trace.
  std::unordered_map<SequenceId, SequenceFate> fates_;   ///< Sequences that started.
  std::vector<std::uint64_t> batched_in_;  ///< [index in the trace]: the last step that had it.
  std::int32_t num_batched_ = 0;
  bool is_prefilling_ = false;
  std::vector<double> normalized_s_;
  std::int64_t num_prompt_tokens_ = 0;
  std::int64_t num_cached_tokens_ = 0;
};

}  // namespace octavo
