#include "src/runtime/warm_up.hpp"

#include <algorithm>

namespace octavo {
namespace {

/// Sequences of one token each: the steps that only decode.
constexpr std::int32_t kBatches[] = {1, 2, 4, 8, 16, 32, 64, 96, 128, 192, 256};
/// Tokens of one prompt, from where products change to the library on.
constexpr std::int32_t kPrompts[] = {160, 256, 384, 512, 768, 1024, 2048};

/// What asks for every kind of work that choosing a token may need.
SamplingParams demanding_sampling() {
  SamplingParams sampling;
  sampling.seed = 0;
  sampling.top_k = 50;
  sampling.top_p = 0.9;
  sampling.min_p = 0.01;
  sampling.repetition_penalty = 1.1;
  sampling.presence_penalty = 0.1;
  sampling.num_logprobs = 1;
  return sampling;
}

SamplingParams greedy_sampling() {
  SamplingParams sampling;
  sampling.seed = 0;
  sampling.temperature = 0.0;
  return sampling;
}

/// `num_seqs` new sequences of `num_tokens` each, on blocks of their own, instead of those that
/// were before.
StepBatch made_up_step(const StepBatch& last, std::int32_t num_seqs, std::int32_t num_tokens,
                       std::int64_t block_size, const SamplingParams& sampling) {
  StepBatch batch;
  for (const SequenceStart& start : last.starts) batch.released.push_back(start.id);
  const auto blocks = static_cast<std::int32_t>((num_tokens + block_size - 1) / block_size);
  batch.cu_blocks.push_back(0);
  for (std::int32_t i = 0; i < num_seqs; ++i) {
    SequenceStart start;
    start.id = SequenceId{static_cast<std::uint64_t>(i)};
    start.tokens.assign(static_cast<std::size_t>(num_tokens), 0);
    start.num_prompt_tokens = num_tokens;
    start.sampling = sampling;
    batch.starts.push_back(std::move(start));
    ScheduledSequence scheduled;
    scheduled.id = SequenceId{static_cast<std::uint64_t>(i)};
    scheduled.num_tokens = num_tokens;
    scheduled.samples = true;
    batch.scheduled.push_back(scheduled);
    for (std::int32_t b = 0; b < blocks; ++b) batch.block_tables.push_back(BlockId{i * blocks + b});
    batch.cu_blocks.push_back(static_cast<std::int32_t>(batch.block_tables.size()));
  }
  return batch;
}

}  // namespace

Result<void> warm_up(ModelExecutor& executor, std::int64_t max_num_seqs) {
  const ModelInfo& info = executor.info();
  StepBatch batch;
  const auto run = [&](std::int32_t num_seqs, std::int32_t num_tokens,
                       const SamplingParams& sampling) -> Result<void> {
    batch = made_up_step(batch, num_seqs, num_tokens, info.block_size, sampling);
    if (auto result = executor.execute(batch); !result) return result.error();
    return {};
  };
  const std::int64_t most_seqs =
      std::min({max_num_seqs, info.max_num_batched_tokens, info.num_blocks});
  for (const std::int32_t count : kBatches) {
    if (count > most_seqs) break;
    for (const auto& sampling : {greedy_sampling(), demanding_sampling()}) {
      if (auto ran = run(count, 1, sampling); !ran) return ran;
    }
  }
  const std::int64_t most_tokens =
      std::min({info.max_num_batched_tokens, info.max_position_embeddings,
                info.num_blocks * info.block_size});
  for (const std::int32_t count : kPrompts) {
    if (count > most_tokens) break;
    if (auto ran = run(1, count, greedy_sampling()); !ran) return ran;
  }
  return run(0, 0, greedy_sampling());
}

}  // namespace octavo
