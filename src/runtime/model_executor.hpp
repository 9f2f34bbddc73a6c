// An executor that is a model, on one device or on several. The server must know more of it than
// how steps are run: sizes, types, memory and defaults.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>

#include "kernels/backend.hpp"
#include "src/core/span_sink.hpp"
#include "src/engine/step_executor.hpp"
#include "src/model/generation_config.hpp"
#include "src/model/load_weights.hpp"
#include "src/runtime/memory_plan.hpp"

namespace octavo {

enum class LoadFormat : std::uint8_t { kSafetensors, kDummy };

/// Where the model runs.
struct Device {
  enum class Kind : std::uint8_t { kAuto, kCpu, kCuda };
  Kind kind = Kind::kCpu;
  int ordinal = 0;  ///< Which GPU.
};

struct ExecutorOptions {
  std::filesystem::path path;              ///< The model's folder.
  std::optional<kernels::DType> dtype;     ///< The weights' type; unset: as stored.
  std::optional<kernels::DType> kv_dtype;  ///< Unset: as `dtype`.
  bool quantizes_weights = false;          ///< The layers' products in 8-bit floats.
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
  int tensor_parallel_size = 1;         ///< GPUs that share the model, from `device` on.
  double gpu_memory_utilization = 0.9;  ///< Share of a GPU's memory that may be used in all.
  LoadProgress progress;
  /// Sees the raw logits of each step's sampled rows, [num_rows, vocab_size], before the sampler
  /// changes them.
  std::function<void(std::span<const float> logits)> on_logits;
  /// Hears when each step and each transfer ran; outlives the executor. May be null.
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
  std::chrono::nanoseconds load_time{};  ///< How long the weights took to reach the device.
  std::string device;
};

class ModelExecutor : public StepExecutor {
 public:
  virtual const ModelInfo& info() const = 0;
  /// Whether a launched step may still be on its way.
  virtual bool is_asynchronous() const = 0;
};

}  // namespace octavo
