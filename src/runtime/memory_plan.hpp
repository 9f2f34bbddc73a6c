// Before anything is taken: how much memory a model will need, and how many blocks fit beside it.
#pragma once

#include <cstddef>
#include <cstdint>

#include "src/core/result.hpp"
#include "src/model/decoder.hpp"
#include "src/model/decoder_spec.hpp"

namespace octavo {

struct MemoryPlan {
  std::size_t weights_bytes = 0;
  std::size_t activation_bytes = 0;
  std::size_t kv_bytes_per_token = 0;
  std::size_t kv_bytes_per_block = 0;

  /// Whole blocks within `budget_bytes`.
  std::int64_t blocks_within(std::size_t budget_bytes) const {
    return static_cast<std::int64_t>(budget_bytes / kv_bytes_per_block);
  }
};

/// dtype: of the matrices; kv_dtype: of keys and values; limits: the largest step;
/// activation_dtype: the backend's.
MemoryPlan plan_memory(const DecoderSpec& spec, kernels::DType dtype, kernels::DType kv_dtype,
                       std::int64_t block_size, const StepLimits& limits,
                       kernels::DType activation_dtype = kernels::DType::kF32);

}  // namespace octavo
