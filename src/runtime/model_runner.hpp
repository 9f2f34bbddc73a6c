// The executor's engine: a model with its memory, fed one step at a time.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "kernels/backend.hpp"
#include "src/core/step_executor.hpp"
#include "src/model/decoder.hpp"
#include "src/model/generation_config.hpp"
#include "src/model/load_weights.hpp"
#include "src/runtime/batch_inputs.hpp"
#include "src/runtime/kv_cache.hpp"
#include "src/runtime/memory_plan.hpp"
#include "src/runtime/sequence_state.hpp"

namespace octavo {

enum class LoadFormat : std::uint8_t { kSafetensors, kDummy };

struct RunnerOptions {
  std::filesystem::path path;              ///< The model's folder.
  std::optional<kernels::DType> dtype;     ///< Of the matrices; unset: as stored.
  std::optional<kernels::DType> kv_dtype;  ///< Unset: as `dtype`.
  LoadFormat load_format = LoadFormat::kSafetensors;
  std::uint64_t dummy_seed = 0;
  std::int64_t block_size = 16;
  std::int64_t num_blocks = 0;  ///< 0: as many as fit `kv_cache_bytes`.
  std::size_t kv_cache_bytes = std::size_t{1} << 30;
  std::size_t swap_bytes = 0;  ///< Host pool.
  std::int64_t max_num_batched_tokens = 2048;
  std::int64_t max_num_seqs = 256;
  kernels::CpuOptions cpu;
  LoadProgress progress;
  /// Sees the raw logits of each step's sampled rows, [num_rows, vocab_size], before the sampler
  /// changes them.
  std::function<void(std::span<const float> logits)> on_logits;
};

/// What the rest of the house must know of the model. Constant after loading.
struct ModelInfo {
  std::string architecture;
  std::int64_t vocab_size = 0;
  std::int64_t max_position_embeddings = 0;  ///< The model's context length.
  GenerationConfig defaults;                 ///< With all EOS ids.
  kernels::DType dtype = kernels::DType::kF32;
  kernels::DType kv_dtype = kernels::DType::kF32;
  std::int64_t block_size = 0;
  std::int64_t num_blocks = 0;
  std::int64_t num_host_blocks = 0;
  MemoryPlan memory;
  std::string device;
};

/// One thread at a time: the executor's.
class ModelRunner final : public StepExecutor {
 public:
  ModelRunner(std::unique_ptr<kernels::Backend> backend, Decoder decoder, KvCache cache,
              ModelInfo info, const RunnerOptions& options);

  const ModelInfo& info() const { return info_; }

  /// Runs one step to its end: sequence states, block copies, forward pass, sampling. Steps come in
  /// the order of their ids. Errors: kEngineError for a batch that contradicts itself; the runner
  /// stays usable, but sequences of the failed step must be released.
  Result<StepResult> execute(const StepBatch& batch) override;

 private:
  std::vector<SampledToken> sample(const StepBatch& batch, float* logits);

  std::unique_ptr<kernels::Backend> backend_;  ///< First: all that follows lives in its memory.
  Decoder decoder_;
  KvCache cache_;
  ModelInfo info_;
  BatchLimits limits_;
  SequenceTable sequences_;
  BatchInputs inputs_;
  std::vector<kernels::SampleRow> rows_;
  std::vector<kernels::SampleOutput> outputs_;
  std::function<void(std::span<const float>)> on_logits_;
};

}  // namespace octavo
