// An executor without a model: it writes tokens into the slots that the batch names and, before it
// "attends", reads the whole context back through the block table. A block lost, shared by mistake,
// reused before its copy out or read before its copy in shows at once. The next token is a function
// of the tokens alone, so a sequence's completion never depends on its batch.
#pragma once

#include <algorithm>
#include <chrono>
#include <deque>
#include <stdexcept>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "src/engine/step_executor.hpp"

namespace octavo::testing {

inline std::uint64_t hash_of(const std::vector<TokenId>& tokens) {
  std::uint64_t hash = 0xCBF29CE484222325ULL;
  for (TokenId token : tokens) hash = (hash ^ static_cast<std::uint64_t>(token)) * 0x100000001B3ULL;
  return hash;
}

/// The token that follows `tokens`, in [0, vocab_size).
inline TokenId next_token(const std::vector<TokenId>& tokens, std::int32_t vocab_size) {
  return static_cast<TokenId>((hash_of(tokens) >> 20) % static_cast<std::uint64_t>(vocab_size));
}

/// What a constraint makes follow `tokens`, which end in one that was sampled: mostly nothing, else
/// two to five tokens that are not those which would be sampled.
inline std::vector<TokenId> forced_after(std::vector<TokenId> tokens, std::int32_t vocab_size) {
  const std::uint64_t hash = hash_of(tokens) >> 13;
  if (hash % 3 != 0) return {};
  std::vector<TokenId> forced;
  for (std::uint64_t i = 0; i < 2 + hash / 3 % 4; ++i) {
    tokens.push_back((next_token(tokens, vocab_size) + 1) % vocab_size);
    forced.push_back(tokens.back());
  }
  return forced;
}

/// What a beam could go on with: distinct tokens, best first, a function of the tokens alone.
inline std::vector<TokenLogprob> candidates_after(const std::vector<TokenId>& tokens,
                                                  std::int32_t vocab_size, std::int32_t count) {
  const std::uint64_t hash = hash_of(tokens);
  std::vector<TokenLogprob> found;
  for (std::int32_t i = 0; i < std::min(count, vocab_size); ++i) {
    const auto offset = static_cast<std::int32_t>((hash >> 20) % 1024) + i;
    const float logprob =
        -0.05F * static_cast<float>((hash >> (i % 48)) % 16) - static_cast<float>(i);
    found.push_back({offset % vocab_size, logprob});
  }
  std::stable_sort(found.begin(), found.end(),
                   [](const auto& a, const auto& b) { return a.logprob > b.logprob; });
  return found;
}

class FakeExecutor final : public StepExecutor {
 public:
  FakeExecutor(std::int32_t num_blocks, std::int32_t block_size, std::int32_t vocab_size,
               std::int32_t num_host_blocks = 0)
      : block_size_(block_size),
        vocab_size_(vocab_size),
        slots_(static_cast<std::size_t>(num_blocks) * static_cast<std::size_t>(block_size), -1),
        host_slots_(
            static_cast<std::size_t>(num_host_blocks) * static_cast<std::size_t>(block_size), -1) {}

  /// The step happens when it is collected, so that a test decides until then whether it fails.
  Result<LaunchedStep> launch(const StepBatch& batch) override {
    launched_.push_back(batch);
    return LaunchedStep{};
  }
  bool has_ended(const LaunchedStep&) override { return true; }
  void wait(const LaunchedStep&) override {}
  Result<StepResult> collect(const LaunchedStep&) override {
    const StepBatch batch = std::move(launched_.front());
    launched_.pop_front();
    return execute(batch);
  }

  Result<StepResult> execute(const StepBatch& batch) override {
    bool fails = std::exchange(fail_next, false);
    for (const ScheduledSequence& each : batch.scheduled)
      fails = fails || lost_.count(each.id) != 0;
    if (fails) {  // Nothing of the step happens: its sequences are lost, and so is every later step
                  // that needs them.
      for (SequenceId id : batch.released) forget(id);
      return lose(batch);
    }
    for (const Fork& fork : batch.forks) sequences_[fork.child] = sequences_.at(fork.parent);
    for (const AppendedToken& each : batch.appended)
      sequences_.at(each.sequence).tokens.push_back(each.token);
    for (SequenceId id : batch.released) forget(id);
    StepResult result;
    for (const SequenceStart& start : batch.starts) {
      sequences_[start.id] = {start.tokens, start.sampling,
                              static_cast<std::size_t>(start.num_prompt_tokens), 0};
      if (std::any_of(start.tokens.begin(), start.tokens.end(),
                      [this](TokenId token) { return token >= vocab_size_; }))
        result.failed.push_back({start.id, Error{Errc::kInvalidValue, "no such token", "input"}});
    }
    for (const Transfer& each : batch.demotions) pending_.push_back(each);
    for (const Transfer& each : batch.promotions) pending_.push_back(each);
    result.id = batch.id;
    if (!holds_transfers) finish_transfers(pending_.size(), result.transfers_finished);
    for (const BlockCopy& copy : batch.copies)
      copy_block(slots_, copy.source, slots_, copy.destination);
    for (std::size_t i = 0; i < batch.scheduled.size(); ++i) {
      try {
        run(batch, i, result);
      } catch (const std::logic_error&) {
        // Planned before the failure was known, it may build on what was never written.
        if (batch.id > misled_until_) throw;
        return lose(batch);
      }
    }
    result.elapsed = step_time;
    ++num_steps;
    return result;
  }

  /// Lets the oldest `count` transfers happen, only now, and names them.
  void finish_transfers(std::size_t count, std::vector<TransferId>& finished) {
    for (; count > 0 && !pending_.empty(); --count) {
      const Transfer transfer = std::move(pending_.front());
      pending_.pop_front();
      const bool demotes = transfer.id.direction == TransferDirection::kDemote;
      for (const BlockCopy& copy : transfer.copies) {
        copy_block(demotes ? slots_ : host_slots_, copy.source, demotes ? host_slots_ : slots_,
                   copy.destination);
      }
      finished.push_back(transfer.id);
    }
  }

  /// True when a transfer of step `last` or before has not happened.
  bool holds_transfer_up_to(StepId last) const {
    return !pending_.empty() && pending_.front().id.step <= last;
  }

  bool fail_next = false;
  bool forces = false;  ///< Sequences have constraints that force tokens: forced_after().
  std::chrono::nanoseconds step_time = std::chrono::microseconds(10);
  bool holds_transfers = false;  ///< Copies happen when finish_transfers() is called, not before.
  int num_steps = 0;
  std::size_t num_sequences() const { return sequences_.size(); }
  std::size_t num_transfers() const { return pending_.size(); }

 private:
  struct State {
    std::vector<TokenId> tokens;
    SamplingParams sampling;
    std::size_t num_prompt = 0;
    std::size_t num_forced = 0;  ///< The last so many tokens were forced.
  };

  Error lose(const StepBatch& batch) {
    for (const ScheduledSequence& each : batch.scheduled) lost_.insert(each.id);
    misled_until_ = StepId{std::max(misled_until_.value, batch.id.value + kMaxInFlight)};
    return Error{Errc::kEngineError, "the device fell over", ""};
  }

  void forget(SequenceId id) {
    sequences_.erase(id);
    lost_.erase(id);
  }

  void copy_block(const std::vector<TokenId>& from, BlockId source, std::vector<TokenId>& to,
                  BlockId destination) const {
    for (std::int32_t i = 0; i < block_size_; ++i) {
      to.at(static_cast<std::size_t>(destination.value * block_size_ + i)) =
          from.at(static_cast<std::size_t>(source.value * block_size_ + i));
    }
  }

  void run(const StepBatch& batch, std::size_t i, StepResult& result) {
    const ScheduledSequence& scheduled = batch.scheduled[i];
    std::vector<TokenId>& tokens = sequences_.at(scheduled.id).tokens;
    const auto slot = [&](std::int32_t position) -> TokenId& {
      const std::int32_t index = batch.cu_blocks[i] + position / block_size_;
      if (index >= batch.cu_blocks[i + 1]) throw std::logic_error("the block table is too short");
      const BlockId block = batch.block_tables.at(static_cast<std::size_t>(index));
      return slots_.at(
          static_cast<std::size_t>(block.value * block_size_ + position % block_size_));
    };
    const std::int32_t end = scheduled.first_position + scheduled.num_tokens;
    if (end > static_cast<std::int32_t>(tokens.size()))
      throw std::logic_error("a token is computed before it exists");
    for (std::int32_t position = scheduled.first_position; position < end; ++position) {
      slot(position) = tokens[static_cast<std::size_t>(position)];
    }
    for (std::int32_t position = 0; position < end; ++position) {
      if (slot(position) != tokens[static_cast<std::size_t>(position)])
        throw std::logic_error("the cache was overwritten");
    }
    if (scheduled.samples) sample(scheduled.id, end, result);
  }

  void sample(SequenceId id, std::int32_t end, StepResult& result) {
    State& state = sequences_.at(id);
    SampledToken sampled;
    sampled.sequence = id;
    const std::size_t num_left = state.tokens.size() - static_cast<std::size_t>(end);
    if (num_left > state.num_forced) throw std::logic_error("sampled before the last token");
    if (num_left > 0) {  // Planned before the token of this position was forced.
      sampled.token = state.tokens[static_cast<std::size_t>(end)];
      result.sampled.push_back(std::move(sampled));
      return;
    }
    sampled.token = next_token(state.tokens, vocab_size_);
    if (state.sampling.is_beam_search()) {
      const std::size_t num_stops = state.sampling.stop_token_ids.size() + 1;
      sampled.top = candidates_after(state.tokens, vocab_size_,
                                     num_beam_candidates(state.sampling.beam_width, num_stops));
    } else {
      state.tokens.push_back(sampled.token);
      if (forces) force(state, sampled);
    }
    result.sampled.push_back(std::move(sampled));
  }

  void force(State& state, SampledToken& sampled) const {
    sampled.forced = forced_after(state.tokens, vocab_size_);
    const std::size_t num_completion = state.tokens.size() - state.num_prompt;
    const auto num_left = static_cast<std::size_t>(state.sampling.max_tokens) - num_completion;
    sampled.forced.resize(std::min(sampled.forced.size(), num_left));
    state.num_forced = sampled.forced.size();
    state.tokens.insert(state.tokens.end(), sampled.forced.begin(), sampled.forced.end());
  }

  std::int32_t block_size_;
  std::int32_t vocab_size_;
  std::vector<TokenId>
      slots_;  // [num_blocks * block_size], the token whose keys and values lie there
  std::vector<TokenId> host_slots_;  // [num_host_blocks * block_size]
  static constexpr std::uint64_t kMaxInFlight = 3;
  std::deque<StepBatch> launched_;
  std::deque<Transfer> pending_;
  StepId misled_until_;
  std::unordered_map<SequenceId, State> sequences_;
  std::unordered_set<SequenceId> lost_;
};

}  // namespace octavo::testing
