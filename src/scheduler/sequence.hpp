// What the scheduler knows of one token stream and of the group it belongs to. The scheduler is its
// only writer.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "src/core/request.hpp"
#include "src/scheduler/beam_search.hpp"
#include "src/scheduler/shared_tail.hpp"

namespace octavo {

struct SequenceGroup;

enum class SequenceStatus : std::uint8_t {
  kOutside,   ///< The engine does not know it yet, or no longer.
  kStarting,  ///< It has started; what was cached of it is not known yet.
  kArriving,  ///< Its cached blocks are on their way from the host.
  kRunning,
  kFinished,
};

struct Sequence {
  SequenceId id;
  SequenceGroup* group = nullptr;
  std::int32_t choice = 0;
  SequenceStatus status = SequenceStatus::kOutside;
  std::vector<TokenId> tokens;  ///< Prompt, then completion.
  std::int32_t num_prompt_tokens = 0;
  std::int32_t num_planned_tokens =
      0;  ///< Positions whose keys and values are computed or in flight.
  std::int32_t num_samples_in_flight = 0;
  std::int32_t num_forced = 0;  ///< Tokens that a constraint forced after the last sampled one.
  std::int32_t num_steps_in_flight = 0;
  std::int32_t num_blocks = 0;   ///< Blocks that the plans so far gave it.
  std::int32_t num_adopted = 0;  ///< At most so many of them were somebody else's, too.
  SharedTail tail;               ///< Its last block, while it is partly filled.
  StepId started_in;             ///< The step that it (last) started with.
  std::optional<BlockRange> reservation;
  SamplingParams sampling;  ///< With seed and max_tokens set.

  std::int32_t num_tokens() const { return static_cast<std::int32_t>(tokens.size()); }
  std::int32_t num_completion_tokens() const { return num_tokens() - num_prompt_tokens; }
  /// Tokens once the steps in flight have returned, as far as is known. A sample in flight brings
  /// the token after the positions planned so far, which may have been forced meanwhile.
  std::int32_t num_expected_tokens() const {
    return num_samples_in_flight > 0 ? std::max(num_tokens(), num_planned_tokens + 1)
                                     : num_tokens();
  }
  /// Positions that could be computed next; 0 when the completion already has all its tokens in
  /// flight, or while the engine is still finding out what it has of it.
  std::int32_t num_schedulable() const {
    if (status != SequenceStatus::kRunning) return 0;
    if (num_expected_tokens() - num_prompt_tokens >= sampling.max_tokens) return 0;
    return num_expected_tokens() - num_planned_tokens;
  }
  /// Nothing is left to compute but the newest token, with those forced after it.
  bool is_decoding() const {
    const std::int32_t num_left = num_schedulable();
    return num_left >= 1 && num_left <= 1 + num_forced && num_planned_tokens >= num_prompt_tokens;
  }
  /// The next step computes prompt tokens whose log-probabilities are asked for, each of which
  /// costs a row of logits.
  bool computes_prompt_logprobs() const {
    return sampling.num_prompt_logprobs >= 0 && num_planned_tokens < num_prompt_tokens;
  }
  bool has_computed_prompt() const {
    return status == SequenceStatus::kRunning && num_planned_tokens >= num_prompt_tokens;
  }
};

enum class GroupStatus : std::uint8_t {
  kWaiting,
  kRunning,    ///< Its blocks are on the device, or on their way there.
  kPreempted,  ///< Its blocks are gone: it starts again.
  kSwapped,    ///< Its blocks are on the host, or on their way there.
  kFinished,
};

/// The sequences of one request, scheduled, preempted and brought back as one, and the times and
/// counts that its end reports.
struct SequenceGroup {
  RequestId id;
  std::uint64_t order = 0;  ///< By arrival.
  GroupStatus status = GroupStatus::kWaiting;
  std::vector<std::unique_ptr<Sequence>> sequences;  ///< Those that have not finished.
  std::optional<TransferId> transfer;                ///< Its blocks are moving; it waits for that.
  std::unique_ptr<BeamSearch> beams;                 ///< Hypothesis i is sequences[i].
  std::size_t num_settled = 0;                       ///< Beam search: tokens already reported.
  std::int32_t num_choices = 1;                      ///< What the client gets.
  std::int32_t max_num_seats = 1;                    ///< What the whole batch has.
  std::int32_t num_counted = 0;  ///< What the queues count it as: sequences while it waits, seats
                                 ///< while it runs.

  std::int32_t priority = 0;
  std::uint64_t tenant = 0;
  double share = 1;
  std::uint64_t cache_namespace = 0;
  std::vector<TokenId> stop_token_ids;
  TimePoint arrival;
  std::optional<TimePoint> deadline;
  std::optional<TimePoint> first_scheduled;
  std::optional<TimePoint> first_token;
  TimePoint last_token;
  Usage usage;
  bool has_started = false;
  bool wants_progress = false;
  std::pair<std::int32_t, std::int32_t> told_progress{-1, -1};  ///< Position, computed tokens.
  /// How it was preempted, while it is not reported that it goes on.
  std::optional<PreemptionMode> returns_from;
  std::int32_t num_preemptions = 0;
  std::int32_t num_shared_blocks = 0;

  std::int32_t num_prompt_tokens() const { return sequences.front()->num_prompt_tokens; }
  /// Full blocks that the prompt leaves unchanged, whatever is computed after it.
  std::int32_t num_prompt_blocks(std::int32_t block_size) const {
    return (num_prompt_tokens() - 1) / block_size;
  }
  /// Its places in the batch: a beam search has its width from the beginning; of more choices than
  /// places, some wait until others have ended.
  std::int32_t num_seats() const {
    if (sequences.empty()) return 0;
    return beams != nullptr ? sequences.front()->sampling.beam_width
                            : std::min(max_num_seats, static_cast<std::int32_t>(sequences.size()));
  }
  /// Its blocks wait on the host. What was swapped out may have ended meanwhile and left only
  /// siblings that never started: then there is nothing to bring back.
  bool is_on_host() const { return status == GroupStatus::kSwapped && num_inside() > 0; }
  std::int32_t num_inside() const {
    return static_cast<std::int32_t>(
        std::count_if(sequences.begin(), sequences.end(),
                      [](const auto& each) { return each->status != SequenceStatus::kOutside; }));
  }
  std::int32_t num_steps_in_flight() const {
    std::int32_t most = 0;
    for (const auto& each : sequences) most = std::max(most, each->num_steps_in_flight);
    return most;
  }
};

}  // namespace octavo
