#include "tests/support/step_driver.hpp"

#include <algorithm>
#include <atomic>

#include "tests/support/catch.hpp"

namespace octavo::testing {
namespace {

/// A executor remembers ids, and several drivers may share one.
SequenceId next_sequence_id() {
  static std::atomic<std::uint64_t> next{1};
  return SequenceId{next++};
}

}  // namespace

StepDriver::StepDriver(ModelExecutor& executor, std::int64_t prefill_chunk)
    : executor_(executor), prefill_chunk_(prefill_chunk) {
  // Every second block first: tables that happen to be runs would hide mistakes.
  const auto num_blocks = static_cast<std::int32_t>(executor.info().num_blocks);
  for (std::int32_t i = 0; i < num_blocks; i += 2) free_.push_back(BlockId{i});
  for (std::int32_t i = 1; i < num_blocks; i += 2) free_.push_back(BlockId{i});
}

SequenceId StepDriver::add(std::vector<TokenId> prompt, SamplingParams sampling) {
  const auto id = next_sequence_id();
  if (!sampling.seed) sampling.seed = 0;
  sequences_[id].num_known = static_cast<std::int64_t>(prompt.size());
  const auto num_prompt = static_cast<std::int32_t>(prompt.size());
  starts_.push_back({id, RequestId{}, std::move(prompt), num_prompt, std::move(sampling)});
  return id;
}

void StepDriver::force(SequenceId id, std::vector<TokenId> tokens) {
  SamplingParams sampling = greedy();
  sampling.seed = 0;
  const auto num_known = static_cast<std::int32_t>(tokens.size());
  sequences_.at(id).num_known = num_known;
  starts_.push_back({id, RequestId{}, std::move(tokens), num_known, std::move(sampling)});
}

void StepDriver::release(SequenceId id) {
  for (const auto block : sequences_.at(id).table) free_.push_back(block);
  sequences_.erase(id);
  released_.push_back(id);
}

Result<StepResult> StepDriver::step() {
  StepBatch batch;
  batch.id = StepId{next_step_++};
  batch.released = std::exchange(released_, {});
  batch.starts = std::exchange(starts_, {});
  batch.cu_blocks = {0};
  const auto block_size = executor_.info().block_size;
  for (auto& [id, sequence] : sequences_) {
    auto count = sequence.num_known - sequence.num_computed;
    if (prefill_chunk_ > 0) count = std::min(count, prefill_chunk_);
    const auto end = sequence.num_computed + count;
    while (static_cast<std::int64_t>(sequence.table.size()) * block_size < end) {
      REQUIRE(!free_.empty());
      sequence.table.push_back(free_.back());
      free_.pop_back();
    }
    batch.scheduled.push_back({id, static_cast<std::int32_t>(sequence.num_computed),
                               static_cast<std::int32_t>(count), end == sequence.num_known});
    batch.block_tables.insert(batch.block_tables.end(), sequence.table.begin(),
                              sequence.table.end());
    batch.cu_blocks.push_back(static_cast<std::int32_t>(batch.block_tables.size()));
    sequence.num_computed = end;
  }
  auto result = executor_.execute(batch);
  if (result) {
    for (const auto& token : result->sampled) ++sequences_.at(token.sequence).num_known;
  }
  return result;
}

std::vector<Generated> generate(ModelExecutor& executor,
                                const std::vector<std::vector<TokenId>>& prompts,
                                const SamplingParams& sampling, std::size_t num_tokens,
                                std::int64_t prefill_chunk) {
  StepDriver driver(executor, prefill_chunk);
  std::vector<Generated> generated(prompts.size());
  std::map<SequenceId, std::size_t> index;
  for (std::size_t i = 0; i < prompts.size(); ++i) index[driver.add(prompts[i], sampling)] = i;
  std::size_t unfinished = prompts.size();
  while (unfinished > 0) {
    auto result = driver.step();
    REQUIRE(result.has_value());
    for (const auto& token : result->sampled) {
      auto& mine = generated[index.at(token.sequence)];
      mine.tokens.push_back(token.token);
      mine.sampled.push_back(token);
      if (mine.tokens.size() < num_tokens) continue;
      driver.release(token.sequence);
      --unfinished;
    }
  }
  REQUIRE(driver.step().has_value());
  return generated;
}

SamplingParams greedy() {
  SamplingParams sampling;
  sampling.temperature = 0.0F;
  return sampling;
}

}  // namespace octavo::testing
