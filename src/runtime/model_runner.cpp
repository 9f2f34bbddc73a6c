#include "src/runtime/model_runner.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace octavo {

ModelRunner::ModelRunner(std::unique_ptr<kernels::Backend> backend, Decoder decoder, KvCache cache,
                         ModelInfo info, const RunnerOptions& options)
    : backend_(std::move(backend)),
      decoder_(std::move(decoder)),
      cache_(std::move(cache)),
      info_(std::move(info)),
      limits_{.block_size = info_.block_size,
              .num_blocks = info_.num_blocks,
              .max_tokens = options.max_num_batched_tokens,
              .max_sequences = options.max_num_seqs,
              .max_positions =
                  std::min(info_.max_position_embeddings, info_.num_blocks * info_.block_size)},
      sequences_(info_.defaults.eos_token_ids, info_.vocab_size),
      on_logits_(options.on_logits) {}

namespace {

// Both tiers of a CPU are memory: what was to be copied has been.
void report_transfers(const StepBatch& batch, std::chrono::nanoseconds elapsed,
                      StepResult& result) {
  for (const auto* transfers : {&batch.demotions, &batch.promotions}) {
    for (const Transfer& each : *transfers) {
      result.transfers_finished.push_back(each.id);
      result.num_blocks_transferred += static_cast<std::int32_t>(each.copies.size());
    }
  }
  if (result.num_blocks_transferred > 0) result.transfer_elapsed = elapsed;
}

}  // namespace

Result<StepResult> ModelRunner::execute(const StepBatch& batch) {
  const auto began = std::chrono::steady_clock::now();
  if (auto applied = sequences_.apply(batch); !applied) return applied.error();
  if (auto built = build_batch_inputs(batch, sequences_, limits_, inputs_); !built) {
    return built.error();
  }
  const auto moving = std::chrono::steady_clock::now();
  if (auto moved = cache_.apply(batch); !moved) return moved.error();

  StepResult result;
  result.id = batch.id;
  result.credits = batch.credits;
  result.started = batch.started;
  report_transfers(batch, std::chrono::steady_clock::now() - moving, result);
  if (!batch.scheduled.empty()) {
    float* logits = decoder_.forward(inputs_.view(), cache_.view());
    if (!inputs_.logits_rows.empty()) result.sampled = sample(batch, logits);
  }
  backend_->synchronize();
  result.elapsed = std::chrono::steady_clock::now() - began;
  return result;
}

std::vector<SampledToken> ModelRunner::sample(const StepBatch& batch, float* logits) {
  const auto vocab_size = info_.vocab_size;
  if (on_logits_) {
    backend_->synchronize();
    on_logits_({logits, inputs_.logits_rows.size() * static_cast<std::size_t>(vocab_size)});
  }
  rows_.clear();
  for (const auto& scheduled : batch.scheduled) {
    if (scheduled.samples) rows_.push_back(sequences_.find(scheduled.id)->sample_row());
  }
  outputs_.resize(rows_.size());
  backend_->sample(logits, vocab_size, rows_, outputs_);

  std::vector<SampledToken> sampled;
  sampled.reserve(rows_.size());
  for (const auto& scheduled : batch.scheduled) {
    if (!scheduled.samples) continue;
    const auto index = sampled.size();
    SampledToken token{scheduled.id, outputs_[index].token, std::nullopt, {}};
    if (rows_[index].num_logprobs >= 0) token.logprob = outputs_[index].logprob;
    for (const auto& [id, logprob] : outputs_[index].top) token.top.push_back({id, logprob});
    sampled.push_back(std::move(token));
  }
  for (const auto& token : sampled) {
    // A beam search goes on with what the scheduler chooses.
    if (!sequences_.find(token.sequence)->sampling.is_beam_search())
      sequences_.append(token.sequence, token.token);
  }
  return sampled;
}

}  // namespace octavo
