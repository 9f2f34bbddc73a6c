// The entry: what the device gets, and which kernel does which part of it.
#include "kernels/cuda/attention/attention.hpp"

#include <type_traits>

#include "kernels/cuda/attention/call.cuh"
#include "kernels/cuda/attention/plain.cuh"

namespace octavo::kernels::cuda {

namespace {

AttentionCall call_of(const AttentionArgs& args, const AttentionShape& shape, const void* plan,
                      void* workspace) {
  const KvCacheView& cache = args.cache;
  const auto u32 = [](std::int64_t x) { return static_cast<std::uint32_t>(x); };
  AttentionCall call;
  call.cache.data = cache.data;
  call.cache.cu_blocks = args.cu_blocks;
  call.cache.block_tables = args.block_tables;
  call.cache.value_rows = u32(cache.num_kv_heads * cache.block_size);
  call.cache.rows_per_block = u32(cache.elements_per_block() / cache.head_dim);
  call.cache.scale_row = u32(cache.rows_per_block());
  call.cache.layer_row = u32(args.layer) * 2 * call.cache.value_rows;
  call.cache.block_size = u32(cache.block_size);
  call.query = args.query;
  call.output = args.output;
  call.plan = plan;
  call.schedule = static_cast<std::int32_t*>(workspace);
  call.counters = call.schedule + kScheduleCounters;
  call.partials = static_cast<float*>(workspace) + counter_capacity(shape, args.num_heads);
  call.softmax = call.partials + chunk_capacity(shape) * args.num_heads * cache.head_dim;
  call.num_heads = static_cast<std::int32_t>(args.num_heads);
  call.num_kv_heads = static_cast<std::int32_t>(cache.num_kv_heads);
  call.group = call.num_heads / call.num_kv_heads;
  call.head_dim = static_cast<std::int32_t>(cache.head_dim);
  call.window = static_cast<std::int32_t>(args.sliding_window);
  call.scale = args.scale;
  call.soft_cap = args.soft_cap;
  call.starts_early = args.layer > 0;
  return call;
}

template <class T, class Cache>
void start(const AttentionCall& call, bool decodes, std::int64_t num_tiles, cudaStream_t stream) {
  if (decodes) decodes = !start_decode<T, Cache>(call, stream);
  bool prefills = num_tiles > 0;
  if (prefills) prefills = !start_prefill<T, Cache>(call, num_tiles, stream);
  if (decodes || prefills) start_plain<T, Cache>(call, decodes, prefills, stream);
}

/// Calls visit(type of the activations, type of the cache) where these go together.
template <class Visit>
void with_types(DType activation, DType cache, const Visit& visit) {
  if (cache == DType::kF8) {
    with_type(activation, [&](auto type) { visit(type, E4m3{}); });
  } else if (activation == DType::kF32) {
    with_type(cache, [&](auto type) { visit(float{}, type); });
  } else if (activation == cache) {
    with_type(activation, [&](auto type) { visit(type, type); });
  } else {
    record_failure("attention", __FILE__, __LINE__,
                   "16-bit activations need a cache of their type, or of 8 bits");
  }
}

}  // namespace

std::size_t attention_workspace_bytes(const AttentionShape& shape, std::int64_t num_heads,
                                      std::int64_t head_dim) {
  // After the counters: for each chunk and head its largest score, its sum, and a row of values.
  const std::int64_t counters = counter_capacity(shape, num_heads);
  const std::int64_t partials = chunk_capacity(shape) * num_heads * (head_dim + 2);
  return static_cast<std::size_t>(counters + partials) * sizeof(float);
}

void attention(const AttentionArgs& args, DType activation, const AttentionShape& shape,
               const AttentionPlan& plan, const void* device_plan, void* workspace,
               cudaStream_t stream) {
  if (args.num_seqs == 0) return;
  const AttentionCall call = call_of(args, shape, device_plan, workspace);
  const std::int64_t num_tiles = plan.num_prefill_tiles;
  const bool decodes = plan.num_decode_seqs > 0 || num_tiles == 0;
  with_types(activation, args.cache.dtype, [&]<class T, class Cache>(T, Cache) {
    if constexpr (std::is_same_v<T, float>) {
      start_plain<T, Cache>(call, decodes, num_tiles > 0, stream);
    } else {
      start<T, Cache>(call, decodes, num_tiles, stream);
    }
  });
}

}  // namespace octavo::kernels::cuda
