// An executor without a model: it writes tokens into the slots that the batch names and, before it
// "attends", reads the whole context back through the block table. A block lost, shared by mistake
// or reused too early shows at once. The next token is a function of the tokens alone, so a
// sequence's completion never depends on its batch.
#pragma once

#include <stdexcept>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "src/core/step_executor.hpp"

namespace octavo::testing {

/// The token that follows `tokens`, in [0, vocab_size).
inline TokenId next_token(const std::vector<TokenId>& tokens, std::int32_t vocab_size) {
  std::uint64_t hash = 0xCBF29CE484222325ULL;
  for (TokenId token : tokens) hash = (hash ^ static_cast<std::uint64_t>(token)) * 0x100000001B3ULL;
  return static_cast<TokenId>((hash >> 20) % static_cast<std::uint64_t>(vocab_size));
}

class FakeExecutor final : public StepExecutor {
 public:
  FakeExecutor(std::int32_t num_blocks, std::int32_t block_size, std::int32_t vocab_size)
      : block_size_(block_size),
        vocab_size_(vocab_size),
        slots_(static_cast<std::size_t>(num_blocks) * static_cast<std::size_t>(block_size), -1) {}

  Result<StepResult> execute(const StepBatch& batch) override {
    for (SequenceId id : batch.released) {
      sequences_.erase(id);
      lost_.erase(id);
    }
    bool fails = std::exchange(fail_next, false);
    for (const ScheduledSequence& each : batch.scheduled)
      fails = fails || lost_.count(each.id) != 0;
    if (fails) {  // Nothing of the step happens: its sequences are lost, and so is every later step
                  // that needs them.
      for (const ScheduledSequence& each : batch.scheduled) lost_.insert(each.id);
      return Error{Errc::kEngineError, "the device fell over", ""};
    }
    for (const SequenceStart& start : batch.starts) sequences_[start.id] = start.tokens;
    for (const Fork& fork : batch.forks) sequences_[fork.child] = sequences_.at(fork.parent);
    for (const BlockCopy& copy : batch.copies) copy_block(copy);
    StepResult result;
    result.id = batch.id;
    result.free_blocks = batch.free_blocks;
    for (std::size_t i = 0; i < batch.scheduled.size(); ++i) run(batch, i, result);
    result.elapsed = std::chrono::microseconds(10);
    ++num_steps;
    return result;
  }

  bool fail_next = false;
  int num_steps = 0;
  std::size_t num_sequences() const { return sequences_.size(); }

 private:
  void copy_block(const BlockCopy& copy) {
    for (std::int32_t i = 0; i < block_size_; ++i) {
      slots_.at(static_cast<std::size_t>(copy.destination.value * block_size_ + i)) =
          slots_.at(static_cast<std::size_t>(copy.source.value * block_size_ + i));
    }
  }

  void run(const StepBatch& batch, std::size_t i, StepResult& result) {
    const ScheduledSequence& scheduled = batch.scheduled[i];
    std::vector<TokenId>& tokens = sequences_.at(scheduled.id);
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
    if (!scheduled.samples) return;
    if (end != static_cast<std::int32_t>(tokens.size()))
      throw std::logic_error("sampled before the last token");
    SampledToken sampled;
    sampled.sequence = scheduled.id;
    sampled.token = next_token(tokens, vocab_size_);
    tokens.push_back(sampled.token);
    result.sampled.push_back(std::move(sampled));
  }

  std::int32_t block_size_;
  std::int32_t vocab_size_;
  std::vector<TokenId>
      slots_;  // [num_blocks * block_size], the token whose keys and values lie there
  std::unordered_map<SequenceId, std::vector<TokenId>> sequences_;
  std::unordered_set<SequenceId> lost_;
};

}  // namespace octavo::testing
