#include "src/replay/run/run_account.hpp"

#include <algorithm>

#include "src/core/block_count.hpp"

namespace octavo {

RunAccount::RunAccount(const Trace& trace, const SchedulerConfig& engine)
    : trace_(trace),
      num_blocks_(engine.num_blocks),
      block_size_(engine.block_size),
      memory_(engine.num_blocks, engine.block_size, engine.kv_allocator == KvAllocator::kPaged),
      clock_(num_slots()),
      batched_in_(trace.requests.size(), 0) {
  outcome_.allocator = engine.kv_allocator;
}

void RunAccount::leave(const std::vector<SequenceId>& released,
                       const std::vector<Preemption>& preempted) {
  for (const SequenceId id : released) {
    memory_.leave(id);
    fates_.erase(id);
  }
  for (const Preemption& each : preempted) {
    memory_.leave(each.id);
    ++(each.mode == PreemptionMode::kSwap ? outcome_.num_preempted_by_swap
                                          : outcome_.num_preempted_by_recompute);
  }
}

void RunAccount::enter(const SequenceStart& start) {
  const std::size_t index = index_of(start.request);
  SequenceFate fate;
  fate.request = static_cast<std::int32_t>(index);
  // The last token is sent, not stored.
  fate.num_final = trace_.requests[index].num_tokens() - 1;
  if (start.reservation) {
    fate.num_reserved = start.reservation->num_blocks;
    fate.first_reserved = start.reservation->first.value;
  } else if (!start.sibling && !start.is_twin && start.max_blocks == SequenceStart::kUnlimited) {
    fate.num_promised = blocks_for(static_cast<std::int64_t>(start.tokens.size()), block_size_);
  }
  fates_[start.id] = fate;
  memory_.enter(start.id, fate);
}

void RunAccount::run(const StepBatch& batch) {
  for (const Fork& fork : batch.forks) {
    if (!memory_.knows(fork.parent)) continue;
    fates_[fork.child] = fates_.at(fork.parent);
    memory_.fork(fork.parent, fork.child);
  }
  for (const SequenceStart& start : batch.starts) enter(start);
  num_batched_ = 0;
  is_prefilling_ = false;
  for (std::size_t i = 0; i < batch.scheduled.size(); ++i) {
    const ScheduledSequence& scheduled = batch.scheduled[i];
    if (!memory_.knows(scheduled.id)) {  // Back from the host.
      const auto fate = fates_.find(scheduled.id);
      if (fate == fates_.end()) continue;  // Its start was in a step that failed.
      memory_.enter(scheduled.id, fate->second);
    }
    const auto begin = static_cast<std::size_t>(batch.cu_blocks[i]);
    memory_.advance(scheduled, batch.block_tables.data() + begin,
                    batch.cu_blocks[i + 1] - batch.cu_blocks[i]);
    is_prefilling_ = is_prefilling_ || scheduled.num_tokens > 1;
    auto& last = batched_in_[static_cast<std::size_t>(memory_.request_of(scheduled.id))];
    num_batched_ += last == batch.id.value ? 0 : 1;
    last = batch.id.value;
  }
}

void RunAccount::elapse(double seconds, std::int64_t num_waiting) {
  // Requests wait and the step was none for prompts: memory had no room for them.
  const bool is_bound = !is_prefilling_ && num_waiting > 0;
  clock_.elapse(seconds, usage(num_waiting), is_bound);
  outcome_.batched_peak = std::max(outcome_.batched_peak, num_batched_);
  ++outcome_.num_steps;
}

void RunAccount::idle_until(double at_s, std::int64_t num_waiting) {
  num_batched_ = 0;
  clock_.skip_to(at_s, usage(num_waiting));
}

void RunAccount::told(const RequestEvent& event, double at_s) {
  if (std::holds_alternative<RequestRejected>(event)) ++outcome_.num_rejected;
  const auto* finished = std::get_if<RequestFinished>(&event);
  if (finished == nullptr) return;
  const TraceRequest& request = trace_.requests[index_of(finished->request)];
  ++outcome_.num_requests;
  outcome_.num_output_tokens += finished->usage.num_completion_tokens;
  num_prompt_tokens_ += finished->usage.num_prompt_tokens;
  num_cached_tokens_ += finished->usage.num_cached_tokens;
  normalized_s_.push_back((at_s - request.arrival_s) / request.num_output);
}

void RunAccount::take_picture() {
  const MemorySplit split = memory_.split();
  if (!outcome_.pool.blocks.empty() && split.tokens / num_slots() <= outcome_.pool.memory.tokens)
    return;
  outcome_.pool.time_s = clock_.now_s();
  outcome_.pool.num_requests = num_batched_;
  outcome_.pool.memory = split * (1 / num_slots());
  outcome_.pool.blocks = memory_.picture();
}

StepUsage RunAccount::usage(std::int64_t num_waiting) const {
  StepUsage usage;
  usage.memory = memory_.split();
  usage.batched = num_batched_;
  usage.waiting = static_cast<double>(num_waiting);
  const auto table_blocks = static_cast<double>(memory_.num_table_blocks());
  const auto distinct = static_cast<double>(memory_.num_distinct_blocks());
  usage.table_blocks = table_blocks;
  usage.saved_blocks = table_blocks - distinct;
  if (memory_.num_sequences() > 0) {
    usage.waste_blocks_per_sequence =
        (distinct - usage.memory.tokens / block_size_) / memory_.num_sequences();
  }
  return usage;
}

Outcome RunAccount::report() const {
  Outcome outcome = outcome_;
  clock_.report(outcome);
  std::vector<double> sorted = normalized_s_;
  std::sort(sorted.begin(), sorted.end());
  double sum = 0;
  for (const double each : sorted) sum += each;
  if (!sorted.empty()) {
    outcome.normalized_latency_s_mean = sum / static_cast<double>(sorted.size());
    outcome.normalized_latency_s_p99 = sorted[(sorted.size() - 1) * 99 / 100];
  }
  if (num_prompt_tokens_ > 0) {
    outcome.prefix_hit_fraction =
        static_cast<double>(num_cached_tokens_) / static_cast<double>(num_prompt_tokens_);
  }
  return outcome;
}

}  // namespace octavo
