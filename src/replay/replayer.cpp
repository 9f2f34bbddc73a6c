#include "src/replay/replayer.hpp"

#include <algorithm>
#include <chrono>
#include <limits>
#include <string>
#include <utility>

#include "src/replay/prompt_tokens.hpp"

namespace octavo {
namespace {

// Sequences that wait in the scheduler itself. More may stand behind them by arrival: what they
// want is not known before it is their turn, so that first come, first served is unchanged.
constexpr std::int32_t kMaxQueued = 512;

SchedulerConfig engine_config(const ReplayConfig& config) {
  SchedulerConfig engine = config.engine;
  engine.max_steps_in_flight = 1;
  engine.max_num_waiting = std::numeric_limits<std::int32_t>::max();
  engine.kv_allocator = config.allocator;
  return engine;
}

}  // namespace

Replayer::Replayer(const Trace& trace, const CostModel& cost, ReplayConfig config)
    : trace_(trace),
      config_(std::move(config)),
      scheduler_(engine_config(config_)),
      blocks_(engine_config(config_).cache(config_.engine.seed)),
      executor_(cost, config_.engine.block_size, config_.engine.seed),
      account_(config_.engine.num_blocks, config_.engine.block_size,
               config_.allocator == KvAllocator::kPaged),
      clock_(static_cast<double>(config_.engine.num_blocks) * config_.engine.block_size) {
  outcome_.allocator = config_.allocator;
  if (!trace.tokens.empty()) {
    executor_.set_known_tokens([this](RequestId id, std::int64_t position) {
      const TraceRequest& request = trace_.requests[submitted_.at(id.value - 1)];
      const auto at = request.first_token + static_cast<std::uint64_t>(position);
      return position < request.num_tokens() ? trace_.tokens[at] : TokenId{-1};
    });
  }
  batched_in_.assign(trace.requests.size(), 0);
}

TimePoint Replayer::now() const {
  return TimePoint(std::chrono::duration_cast<TimePoint::duration>(
      std::chrono::duration<double>(clock_.now_s())));
}

Result<Outcome> Replayer::run(const std::function<void(std::int64_t)>& progress) {
  const auto began = std::chrono::steady_clock::now();
  const std::size_t num_requests = trace_.requests.size();
  for (;;) {
    arrive();
    auto plan = scheduler_.plan(now());
    if (plan) {
      if (auto done = step(std::move(*plan)); !done) return done.error();
      if (progress && outcome_.num_steps % 1024 == 0)
        progress(outcome_.num_requests + outcome_.num_rejected);
    } else if (num_arrived_ < num_requests) {
      num_batched_ = 0;
      clock_.skip_to(trace_.requests[num_arrived_].arrival_s, usage());
    } else {
      break;
    }
  }
  for (const RequestEvent& event : scheduler_.take_events()) hear(event);  // Rejected at the end.
  if (!scheduler_.is_idle() || !held_.empty()) {
    return Error{Errc::kEngineError,
                 std::to_string(num_waiting()) + " requests wait and none of them can run", ""};
  }
  Outcome outcome = report();
  outcome.wall_seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  return outcome;
}

void Replayer::arrive() {
  const auto& requests = trace_.requests;
  for (; num_arrived_ < requests.size() && requests[num_arrived_].arrival_s <= clock_.now_s();
       ++num_arrived_) {
    // Also one whose blocks the pool does not have, although the context does.
    const std::int64_t slots = std::int64_t{config_.engine.num_blocks} * config_.engine.block_size;
    if (requests[num_arrived_].num_tokens() >
        std::min<std::int64_t>(config_.engine.max_model_len, slots))
      ++outcome_.num_rejected;
    else
      held_.push_back(num_arrived_);
  }
  for (; !held_.empty() && scheduler_.status().num_waiting < kMaxQueued; held_.pop_front())
    submit(held_.front());
}

void Replayer::submit(std::size_t index) {
  Request request;
  submitted_.push_back(index);
  request.id = RequestId{submitted_.size()};
  request.prompt = prompt_tokens(trace_, index);
  const TraceRequest& wanted = trace_.requests[index];
  request.priority = wanted.priority;
  request.tenant = wanted.tenant;
  request.cache_namespace = wanted.cache_namespace;
  request.sampling = config_.sampling;
  if (config_.sampling.n == 1 && !config_.sampling.is_beam_search()) {
    request.sampling.n = wanted.num_choices;
    request.sampling.beam_width = wanted.beam_width;
  }
  request.sampling.ignore_eos = true;
  request.sampling.max_tokens = wanted.num_output;
  scheduler_.submit(std::move(request), now());
}

Result<void> Replayer::step(StepPlan plan) {
  for (const SequenceId id : plan.released) {
    account_.leave(id);
    fates_.erase(id);
  }
  for (const Preemption& each : plan.preempted) {
    account_.leave(each.id);
    ++(each.mode == PreemptionMode::kSwap ? outcome_.num_preempted_by_swap
                                          : outcome_.num_preempted_by_recompute);
  }
  const StepBatch batch = blocks_.reserve(std::move(plan));
  account(batch);
  const auto result = executor_.execute(batch);
  if (!result) return result.error();

  // Requests wait and the step was none for prompts: memory had no room for them.
  const bool is_bound = !is_prefilling_ && num_waiting() > 0;
  clock_.elapse(std::chrono::duration<double>(result->elapsed).count(), usage(), is_bound);
  outcome_.batched_peak = std::max(outcome_.batched_peak, num_batched_);
  ++outcome_.num_steps;
  scheduler_.complete(*result, now());
  for (const RequestEvent& event : scheduler_.take_events()) hear(event);
  return {};
}

void Replayer::enter(const SequenceStart& start) {
  const std::size_t index = submitted_.at(start.request.value - 1);
  const TraceRequest& request = trace_.requests[index];
  SequenceFate fate;
  fate.request = static_cast<std::int32_t>(index);
  // The last token is told, not stored.
  fate.num_final = request.num_tokens() - 1;
  fate.num_reserved =
      blocks_for(reserved_tokens(config_.allocator, request.num_prompt, request.num_output,
                                 std::min<std::int32_t>(config_.engine.max_model_len,
                                                        scheduler_.max_tokens_per_sequence())),
                 config_.engine.block_size);
  fate.first_reserved = start.reservation ? start.reservation->first.value : -1;
  fates_[start.id] = fate;
  account_.enter(start.id, fate);
}

void Replayer::account(const StepBatch& batch) {
  for (const Fork& fork : batch.forks) {
    if (!account_.knows(fork.parent)) continue;
    fates_[fork.child] = fates_.at(fork.parent);
    account_.fork(fork.parent, fork.child);
  }
  for (const SequenceStart& start : batch.starts) enter(start);
  num_batched_ = 0;
  is_prefilling_ = false;
  for (std::size_t i = 0; i < batch.scheduled.size(); ++i) {
    const ScheduledSequence& scheduled = batch.scheduled[i];
    // Back from the host.
    if (!account_.knows(scheduled.id)) account_.enter(scheduled.id, fates_.at(scheduled.id));
    const auto begin = static_cast<std::size_t>(batch.cu_blocks[i]);
    account_.advance(scheduled, batch.block_tables.data() + begin,
                     batch.cu_blocks[i + 1] - batch.cu_blocks[i]);
    is_prefilling_ = is_prefilling_ || scheduled.num_tokens > 1;
    auto& last = batched_in_[static_cast<std::size_t>(account_.request_of(scheduled.id))];
    num_batched_ += last == batch.id.value ? 0 : 1;
    last = batch.id.value;
  }
}

void Replayer::hear(const RequestEvent& event) {
  if (std::holds_alternative<RequestRejected>(event)) ++outcome_.num_rejected;
  const auto* finished = std::get_if<RequestFinished>(&event);
  if (finished == nullptr) return;
  const TraceRequest& request = trace_.requests[submitted_.at(finished->request.value - 1)];
  ++outcome_.num_requests;
  outcome_.num_output_tokens += finished->usage.num_completion_tokens;
  num_prompt_tokens_ += finished->usage.num_prompt_tokens;
  num_cached_tokens_ += finished->usage.num_cached_tokens;
  normalized_s_.push_back((clock_.now_s() - request.arrival_s) / request.num_output);
  const auto eighths = static_cast<std::int64_t>(trace_.requests.size() + 7) / 8;
  if (outcome_.num_requests % eighths == 0) take_picture();
}

// The fullest of a few moments spread over the run.
void Replayer::take_picture() {
  const MemorySplit split = account_.split();
  const double slots = static_cast<double>(config_.engine.num_blocks) * config_.engine.block_size;
  if (!outcome_.pool.blocks.empty() && split.tokens / slots <= outcome_.pool.memory.tokens) return;
  outcome_.pool.time_s = clock_.now_s();
  outcome_.pool.num_requests = num_batched_;
  outcome_.pool.memory = {split.tokens / slots, split.reserved / slots, split.internal / slots,
                          split.external / slots};
  outcome_.pool.blocks = account_.picture();
}

StepUsage Replayer::usage() const {
  StepUsage usage;
  usage.memory = account_.split();
  usage.batched = num_batched_;
  usage.waiting = static_cast<double>(num_waiting());
  const auto table_blocks = static_cast<double>(account_.num_table_blocks());
  const auto distinct = static_cast<double>(account_.num_distinct_blocks());
  usage.table_blocks = table_blocks;
  usage.saved_blocks = table_blocks - distinct;
  if (account_.num_sequences() > 0) {
    usage.waste_blocks_per_sequence =
        (distinct - usage.memory.tokens / config_.engine.block_size) / account_.num_sequences();
  }
  return usage;
}

std::int64_t Replayer::num_waiting() const {
  const SchedulerStatus status = scheduler_.status();
  return std::int64_t{status.num_waiting} + status.num_preempted +
         static_cast<std::int64_t>(held_.size());
}

void set_latencies(Outcome& outcome, std::vector<double> normalized_s) {
  if (normalized_s.empty()) return;
  std::sort(normalized_s.begin(), normalized_s.end());
  double sum = 0;
  for (const double each : normalized_s) sum += each;
  outcome.normalized_latency_s_mean = sum / static_cast<double>(normalized_s.size());
  outcome.normalized_latency_s_p99 = normalized_s[(normalized_s.size() - 1) * 99 / 100];
}

Outcome Replayer::report() const {
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
