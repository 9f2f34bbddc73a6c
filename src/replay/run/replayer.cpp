#include "src/replay/run/replayer.hpp"

#include <algorithm>
#include <chrono>
#include <limits>
#include <string>
#include <utility>

#include "src/replay/trace/prompt_tokens.hpp"

namespace octavo {
namespace {

// Sequences that wait in the scheduler itself. More may follow them by arrival: what they
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
      executor_(cost, config_.engine.block_size, config_.engine.seed),
      account_(trace, engine_config(config_)),
      loop_(
          engine_config(config_), executor_, [this] { return now(); }, config_.engine.seed) {
  loop_.set_observer(this);
  if (!trace.tokens.empty()) {
    executor_.set_known_tokens([this](RequestId id, std::int64_t position) {
      const TraceRequest& request = trace_.requests[account_.index_of(id)];
      const auto at = request.first_token + static_cast<std::uint64_t>(position);
      return position < request.num_tokens() ? trace_.tokens[at] : TokenId{-1};
    });
  }
}

TimePoint Replayer::now() const {
  return TimePoint(std::chrono::duration_cast<TimePoint::duration>(
      std::chrono::duration<double>(account_.now_s())));
}

Result<Outcome> Replayer::run(const std::function<void(std::int64_t)>& progress) {
  const auto began = std::chrono::steady_clock::now();
  const std::size_t num_requests = trace_.requests.size();
  for (;;) {
    arrive();
    if (loop_.launch()) {
      loop_.complete_oldest();
      for (const RequestEvent& event : loop_.take_events()) hear(event);
      if (progress && account_.num_steps() % 1024 == 0)
        progress(account_.num_requests() + account_.num_rejected());
    } else if (num_arrived_ < num_requests) {
      account_.idle_until(trace_.requests[num_arrived_].arrival_s, num_waiting());
    } else {
      break;
    }
  }
  for (const RequestEvent& event : loop_.take_events()) hear(event);  // Rejected at the end.
  if (!loop_.scheduler().is_idle() || !held_.empty()) {
    return Error{Errc::kEngineError,
                 std::to_string(num_waiting()) + " requests wait and none of them can run", ""};
  }
  Outcome outcome = account_.report();
  outcome.wall_seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  return outcome;
}

void Replayer::arrive() {
  const auto& requests = trace_.requests;
  for (; num_arrived_ < requests.size() && requests[num_arrived_].arrival_s <= account_.now_s();
       ++num_arrived_) {
    // Also one whose blocks the pool does not have, although the context does.
    const std::int64_t slots = std::int64_t{config_.engine.num_blocks} * config_.engine.block_size;
    if (requests[num_arrived_].num_tokens() >
        std::min<std::int64_t>(config_.engine.max_model_len, slots))
      account_.reject();
    else
      held_.push_back(num_arrived_);
  }
  for (; !held_.empty() && loop_.scheduler().status().num_waiting < kMaxQueued; held_.pop_front())
    submit(held_.front());
}

void Replayer::submit(std::size_t index) {
  Request request;
  request.id = RequestId{++num_submitted_};
  account_.submitted(request.id, index);
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
  loop_.submit(std::move(request));
}

void Replayer::planned(const StepPlan& plan) { account_.leave(plan.released, plan.preempted); }

void Replayer::reserved(const StepBatch& batch) { account_.run(batch); }

void Replayer::collected(const StepResult& result) {
  account_.elapse(std::chrono::duration<double>(result.elapsed).count(), num_waiting());
}

void Replayer::hear(const RequestEvent& event) {
  account_.told(event, account_.now_s());
  if (!std::holds_alternative<RequestFinished>(event)) return;
  // At a few moments spread over the run.
  const auto eighths = static_cast<std::int64_t>(trace_.requests.size() + 7) / 8;
  if (account_.num_requests() % eighths == 0) account_.take_picture();
}

std::int64_t Replayer::num_waiting() const {
  const SchedulerStatus status = loop_.scheduler().status();
  return std::int64_t{status.num_waiting} + status.num_preempted +
         static_cast<std::int64_t>(held_.size());
}

}  // namespace octavo
