#include "src/runtime/memory_plan.hpp"

#include "src/model/weights.hpp"

namespace octavo {

MemoryPlan plan_memory(const DecoderSpec& spec, kernels::DType dtype, kernels::DType kv_dtype,
                       std::int64_t block_size, const StepLimits& limits,
                       kernels::DType activation_dtype) {
  const auto parameters = count_parameters(spec);
  MemoryPlan plan;
  plan.weights_bytes = static_cast<std::size_t>(parameters.matrices) * kernels::size_of(dtype) +
                       static_cast<std::size_t>(parameters.vectors) * sizeof(float);
  plan.activation_bytes = decoder_bytes(spec, limits, activation_dtype);
  const kernels::KvCacheView cache{.dtype = kv_dtype,
                                   .num_layers = spec.num_layers,
                                   .num_kv_heads = spec.num_kv_heads,
                                   .block_size = block_size,
                                   .head_dim = spec.head_dim};
  plan.kv_bytes_per_block = cache.bytes_per_block();
  plan.kv_bytes_per_token = plan.kv_bytes_per_block / static_cast<std::size_t>(block_size);
  return plan;
}

}  // namespace octavo
