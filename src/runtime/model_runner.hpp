// The executor's engine: a model with its memory, fed one step at a time.
#pragma once

#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "kernels/backend.hpp"
#include "src/core/span_sink.hpp"
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

/// Where the model runs.
struct Device {
  enum class Kind : std::uint8_t { kAuto, kCpu, kCuda };
  Kind kind = Kind::kCpu;
  int ordinal = 0;  ///< Of a GPU.
};

struct RunnerOptions {
  std::filesystem::path path;              ///< The model's folder.
  std::optional<kernels::DType> dtype;     ///< Of the matrices; unset: as stored.
  std::optional<kernels::DType> kv_dtype;  ///< Unset: as `dtype`.
  LoadFormat load_format = LoadFormat::kSafetensors;
  std::uint64_t dummy_seed = 0;
  std::int64_t block_size = 16;
  std::int64_t num_blocks = 0;  ///< 0: as many as fit `kv_cache_bytes`.
  /// Unset: what `gpu_memory_utilization` leaves; on a CPU half of what is free, 4 GiB at most.
  std::optional<std::size_t> kv_cache_bytes;
  std::size_t swap_bytes = 0;               ///< Host pool.
  std::int64_t max_num_batched_tokens = 0;  ///< 0: 512, on a GPU 8192.
  std::int64_t max_num_seqs = 256;
  Device device;
  kernels::CpuOptions cpu;
  double gpu_memory_utilization = 0.9;  ///< Share of a GPU's memory that may be used in all.
  LoadProgress progress;
  /// Sees the raw logits of each step's sampled rows, [num_rows, vocab_size], before the sampler
  /// changes them.
  std::function<void(std::span<const float> logits)> on_logits;
  /// Hears when each step and each transfer ran; outlives the runner. May be null.
  SpanSink* spans = nullptr;
};

/// What the rest of the house must know of the model. Constant after loading.
struct ModelInfo {
  std::string architecture;
  std::int64_t vocab_size = 0;
  std::int64_t max_position_embeddings = 0;  ///< The model's context length.
  GenerationConfig defaults;                 ///< With all EOS ids.
  kernels::DType dtype = kernels::DType::kF32;
  kernels::DType kv_dtype = kernels::DType::kF32;
  std::int64_t max_num_batched_tokens = 0;
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
  bool is_asynchronous() const { return is_asynchronous_; }

  /// Enqueues one step: sequence states, block copies, forward pass, sampling. Steps come in the
  /// order of their ids. Errors: kEngineError for a batch that contradicts itself; the runner stays
  /// usable, but sequences of the failed step must be released.
  Result<LaunchedStep> launch(const StepBatch& batch) override;
  bool has_ended(const LaunchedStep&) override { return !is_asynchronous_; }
  void wait(const LaunchedStep& step) override;
  Result<StepResult> collect(const LaunchedStep& step) override;
  std::optional<LaunchedTransfer> oldest_transfer() const override;
  void wait(const LaunchedTransfer& transfer) override;
  std::vector<TransferId> collect_transfers() override;
  std::string fault() const override { return backend_->fault(); }

 private:
  /// A row that samples, until its token is known.
  struct Sample {
    SequenceId sequence;
    std::optional<std::size_t> index;  ///< Of its place among the sequence's tokens.
    bool wants_logprob = false;
  };
  struct Step {
    StepResult result;
    std::vector<Sample> samples;
    std::int64_t num_tokens = 0;
    bool computes = false;
  };

  void forward(const StepBatch& batch);
  std::vector<Sample> append_rows(const StepBatch& batch);

  std::unique_ptr<kernels::Backend> backend_;  ///< First: all that follows lives in its memory.
  Decoder decoder_;
  KvCache cache_;
  ModelInfo info_;
  BatchLimits limits_;
  SequenceTable sequences_;
  BatchInputs inputs_;
  bool is_asynchronous_;
  std::deque<Step> steps_;  ///< Launched, oldest first.
  std::vector<kernels::SampleRow> rows_;
  std::vector<kernels::SampleOutput> outputs_;
  std::vector<float> seen_logits_;
  std::function<void(std::span<const float>)> on_logits_;
  SpanSink* spans_;
};

}  // namespace octavo
