#include "src/replay/recording_outcome.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace octavo {

RecordingOutcome::RecordingOutcome(const Trace& trace, const SchedulerConfig& engine)
    : trace_(trace),
      engine_(engine),
      account_(engine.num_blocks, engine.block_size, engine.kv_allocator == KvAllocator::kPaged),
      clock_(static_cast<double>(engine.num_blocks) * engine.block_size),
      batched_in_(trace.requests.size(), 0) {
  outcome_.label = "recorded";
  outcome_.allocator = engine.kv_allocator;
}

double RecordingOutcome::seconds_at(TimePoint now) const {
  return std::chrono::duration<double>(now - origin_).count();
}

void RecordingOutcome::submitted(const RecordedSubmission& submission) {
  if (num_submitted_ == 0) origin_ = submission.now;
  index_of_[submission.request.id] = num_submitted_++;
}

void RecordingOutcome::planned(const StepPlan& plan, TimePoint now) {
  Planned planned{plan.id, seconds_at(now), plan.released};
  for (const Preemption& each : plan.preempted) {
    planned.leaving.push_back(each.id);
    ++(each.mode == PreemptionMode::kSwap ? outcome_.num_preempted_by_swap
                                          : outcome_.num_preempted_by_recompute);
  }
  planned_.push_back(std::move(planned));
}

void RecordingOutcome::enter(SequenceId id, std::size_t index, const SequenceStart& start) {
  const TraceRequest& request = trace_.requests[index];
  SequenceFate fate;
  fate.request = static_cast<std::int32_t>(index);
  fate.num_final = request.num_tokens() - 1;
  if (start.reservation) {
    fate.num_reserved = start.reservation->num_blocks;
    fate.first_reserved = start.reservation->first.value;
  }
  fates_[id] = fate;
  account_.enter(id, fate);
}

void RecordingOutcome::executed(const StepBatch& batch, const StepResult&, TimePoint now,
                                std::int64_t num_waiting) {
  double began_s = clock_.now_s();
  while (!planned_.empty() && planned_.front().step <= batch.id) {  // Failed ones before it, too.
    for (const SequenceId id : planned_.front().leaving) account_.leave(id);
    began_s = std::max(began_s, planned_.front().at_s);
    planned_.pop_front();
  }
  if (began_s > clock_.now_s()) {  // Nothing to do until then.
    num_batched_ = 0;
    clock_.skip_to(began_s, usage(0));
  }
  const bool is_prefilling = account(batch);
  const bool is_bound = !is_prefilling && num_waiting > 0;
  clock_.elapse(std::max(0.0, seconds_at(now) - began_s), usage(num_waiting), is_bound);
  outcome_.batched_peak = std::max(outcome_.batched_peak, num_batched_);
  ++outcome_.num_steps;
}

bool RecordingOutcome::account(const StepBatch& batch) {
  for (const Fork& fork : batch.forks) {
    if (!account_.knows(fork.parent)) continue;
    fates_[fork.child] = fates_.at(fork.parent);
    account_.fork(fork.parent, fork.child);
  }
  for (const SequenceStart& start : batch.starts)
    enter(start.id, index_of_.at(start.request), start);
  num_batched_ = 0;
  bool is_prefilling = false;
  for (std::size_t i = 0; i < batch.scheduled.size(); ++i) {
    const ScheduledSequence& scheduled = batch.scheduled[i];
    const auto fate = fates_.find(scheduled.id);
    if (fate == fates_.end()) continue;  // Its start was in a step that failed.
    if (!account_.knows(scheduled.id)) account_.enter(scheduled.id, fate->second);
    const auto begin = static_cast<std::size_t>(batch.cu_blocks[i]);
    account_.advance(scheduled, batch.block_tables.data() + begin,
                     batch.cu_blocks[i + 1] - batch.cu_blocks[i]);
    is_prefilling = is_prefilling || scheduled.num_tokens > 1;
    auto& last = batched_in_[static_cast<std::size_t>(fate->second.request)];
    num_batched_ += last == batch.id.value ? 0 : 1;
    last = batch.id.value;
  }
  return is_prefilling;
}

StepUsage RecordingOutcome::usage(std::int64_t num_waiting) const {
  StepUsage usage;
  usage.memory = account_.split();
  usage.batched = num_batched_;
  usage.waiting = static_cast<double>(num_waiting);
  const auto table_blocks = static_cast<double>(account_.num_table_blocks());
  const auto distinct = static_cast<double>(account_.num_distinct_blocks());
  usage.table_blocks = table_blocks;
  usage.saved_blocks = table_blocks - distinct;
  if (account_.num_sequences() > 0) {
    usage.waste_blocks_per_sequence =
        (distinct - usage.memory.tokens / engine_.block_size) / account_.num_sequences();
  }
  return usage;
}

void RecordingOutcome::told(const RequestEvent& event, TimePoint now) {
  if (std::holds_alternative<RequestRejected>(event)) ++outcome_.num_rejected;
  const auto* finished = std::get_if<RequestFinished>(&event);
  if (finished == nullptr) return;
  const TraceRequest& request = trace_.requests[index_of_.at(finished->request)];
  ++outcome_.num_requests;
  outcome_.num_output_tokens += finished->usage.num_completion_tokens;
  num_prompt_tokens_ += finished->usage.num_prompt_tokens;
  num_cached_tokens_ += finished->usage.num_cached_tokens;
  normalized_s_.push_back((seconds_at(now) - request.arrival_s) / request.num_output);
}

Outcome RecordingOutcome::report() const {
  Outcome outcome = outcome_;
  clock_.report(outcome);
  set_latencies(outcome, normalized_s_);
  if (num_prompt_tokens_ > 0) {
    outcome.prefix_hit_fraction =
        static_cast<double>(num_cached_tokens_) / static_cast<double>(num_prompt_tokens_);
  }
  return outcome;
}

}  // namespace octavo
