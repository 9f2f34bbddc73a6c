#include "src/scheduler/batch_planner.hpp"

#include <algorithm>
#include <utility>

#include "src/scheduler/admission.hpp"
#include "src/scheduler/block_needs.hpp"

namespace octavo {
namespace {

// How many tokens of a sequence that decodes a step may compute. A long forced text could take the
// places of the sequences that come after this one, so each of them keeps a token, and a step takes
// a part of the text.
std::int32_t decode_budget(const StepBuilder& builder, const RequestQueues& queues) {
  const auto num_scheduled = static_cast<std::int32_t>(builder.scheduled().size());
  const std::int32_t num_after = std::max(0, queues.num_running() - num_scheduled - 1);
  const std::int32_t num_left = builder.token_budget() - num_after;
  return std::clamp(num_left, 1, StepCost::kSmallestChunk);
}

}  // namespace

BatchPlanner::BatchPlanner(const SchedulerConfig& config, const StepCost& cost,
                           BlockCredits& credits, RequestQueues& queues,
                           ReservationPool& reservations, StepBuilder& builder,
                           Preemptor& preemptor, std::vector<RequestEvent>& events)
    : config_(config),
      cost_(cost),
      credits_(credits),
      queues_(queues),
      reservations_(reservations),
      builder_(builder),
      preemptor_(preemptor),
      events_(events),
      siblings_(config, credits, builder),
      borrowing_(config, credits, queues) {}

void BatchPlanner::add_decodes() {
  borrowing_.settle();
  // By index: make_room() shortens the running from their end, and takes the borrower, who decodes
  // nothing, from anywhere.
  const auto& running = queues_.running();
  for (std::size_t i = 0; i < running.size() && builder_.token_budget() > 0;) {
    SequenceGroup& group = *running[i];
    if (group.beams != nullptr)
      add_beams(group);
    else
      add_decodes(group);
    if (i < running.size() && running[i] == &group) ++i;
  }
}

void BatchPlanner::add_decodes(SequenceGroup& group) {
  bool has_begun = false;
  for (const auto& each : group.sequences) {
    Sequence& sequence = *each;
    if (builder_.token_budget() == 0) return;
    if (!sequence.is_decoding()) continue;
    const std::int32_t num_tokens =
        std::min(sequence.num_schedulable(), decode_budget(builder_, queues_));
    const std::int32_t missing = blocks_missing(sequence, num_tokens, config_.block_size);
    // With a part of the group in the plan already, the rest can only wait.
    if (missing > credits_.num_free() && (has_begun || !preemptor_.make_room(group, missing)))
      return;
    builder_.schedule(sequence, num_tokens);
    has_begun = true;
  }
}

// All hypotheses in one step, or none: their candidates are compared.
void BatchPlanner::add_beams(SequenceGroup& group) {
  if (static_cast<std::int32_t>(group.sequences.size()) > builder_.token_budget()) return;
  for (const auto& each : group.sequences) {
    if (!each->is_decoding() || each->num_steps_in_flight > 0) return;
  }
  const std::int32_t missing = blocks_missing(group, config_.block_size);
  if (missing > credits_.num_free() && !preemptor_.make_room(group, missing)) return;
  for (const auto& each : group.sequences) builder_.schedule(*each, 1);
}

void BatchPlanner::add_prefills() {
  builder_.limit_prefill(prefill_budget());
  if (borrowing_.is_called_in()) preemptor_.preempt(*queues_.borrower());
  for (SequenceGroup* group : queues_.running()) {
    if (builder_.prefill_budget() <= 0) return;
    siblings_.start_missing(*group);  // Their prompt was computed by an earlier step.
    for (const auto& each : group->sequences) {
      if (builder_.prefill_budget() <= 0) return;
      if (each->num_schedulable() > 0 && !each->is_decoding()) add_chunk(*each);
    }
  }
}

// What the decodes leave of the budget, and beside them no more than fits the step's time; but
// never nothing, or a full batch would keep every newcomer out.
std::int32_t BatchPlanner::prefill_budget() const {
  const std::int32_t num_decodes = builder_.num_scheduled_tokens();
  if (num_decodes == 0) return builder_.token_budget();
  const std::int32_t fitting = cost_.tokens_within(config_.target_step_time) - num_decodes;
  return std::min(std::max(fitting, StepCost::kSmallestChunk), builder_.token_budget());
}

void BatchPlanner::add_chunk(Sequence& sequence) {
  SequenceGroup& group = *sequence.group;
  // One of several hypotheses samples only together with the others.
  const bool may_sample = group.beams == nullptr || group.sequences.size() == 1;
  const std::int32_t num_left = sequence.num_schedulable() - (may_sample ? 0 : 1);
  const std::int32_t num_free =
      &group == queues_.borrower() ? borrowing_.room(group) : credits_.num_free();
  const std::int32_t num_slots = (sequence.num_blocks + num_free) * config_.block_size;
  const std::int32_t chunk = builder_.chunk_within_logits(
      sequence,
      std::min({num_left, builder_.prefill_budget(), num_slots - sequence.num_planned_tokens}));
  if (chunk <= 0) return;
  if (blocks_missing(sequence, chunk, config_.block_size) > num_free) return;
  if (builder_.schedule(sequence, chunk)) siblings_.start_twins(group);
}

void BatchPlanner::add_entering() {
  while (builder_.prefill_budget() > 0 && !queues_.preempted().empty()) {
    SequenceGroup& group = *queues_.preempted().front();
    if (group.transfer || group.num_steps_in_flight() > 0 || !enter(group)) return;
  }
  while (builder_.prefill_budget() > 0 && queues_.has_waiting()) {
    if (!enter(queues_.next_waiting())) return;
  }
}

bool BatchPlanner::enter(SequenceGroup& group) {
  if (!has_room_for(group)) {
    if (borrowing_.may_begin(group)) begin_on_loan(group);
    return false;
  }
  const bool was_on_host = group.is_on_host();
  if (!group.first_scheduled) group.first_scheduled = builder_.now();
  queues_.run(group);
  if (was_on_host) {
    promote(group);
  } else {
    siblings_.start_missing(group);
    announce_return(group, events_);
  }
  return true;
}

void BatchPlanner::begin_on_loan(SequenceGroup& group) {
  if (queues_.num_running() + group.num_seats() > config_.max_num_seqs) return;
  const std::int32_t num_blocks = borrowing_.room(group);
  if (!group.first_scheduled) group.first_scheduled = builder_.now();
  queues_.lend(group);
  builder_.start(*group.sequences.front(), nullptr, num_blocks);
  announce_return(group, events_);
}

bool BatchPlanner::has_room_for(SequenceGroup& group) {
  if (queues_.num_running() + group.num_seats() > config_.max_num_seqs) return false;
  if (!config_.is_paged()) return reservations_.reserve(group, credits_.num_free());
  return may_enter(config_, blocks_to_come(group, config_.block_size),
                   borrowing_.num_free_for(group), !queues_.running().empty());
}

void BatchPlanner::promote(SequenceGroup& group) {
  credits_.promise(blocks_held(group, config_.is_paged(), config_.block_size));
  for (const auto& each : group.sequences) {
    if (each->status != SequenceStatus::kOutside) builder_.promote(*each);
  }
  group.transfer = TransferId{builder_.id(), group.id, TransferDirection::kPromote};
  credits_.begin_transfer(*group.transfer, 0);
}

void BatchPlanner::demote_cached() {
  constexpr std::int32_t kAtOnce = 32;
  if (config_.num_host_blocks == 0 || credits_.num_cached() == 0) return;
  const std::int32_t enough = std::max(4, config_.num_blocks / 50);
  const std::int32_t num_unused = credits_.num_free() - credits_.num_cached();
  if (num_unused >= enough || credits_.is_demoting_cached()) return;
  const std::int32_t count = std::min({kAtOnce, enough - num_unused, credits_.num_cached(),
                                       credits_.num_free() / 2, credits_.num_host_free()});
  if (count > 0) builder_.demote_cached(count);
}

void announce_return(SequenceGroup& group, std::vector<RequestEvent>& events) {
  if (const auto mode = std::exchange(group.returns_from, std::nullopt))
    events.push_back(RequestResumed{group.id, *mode});
}

}  // namespace octavo
