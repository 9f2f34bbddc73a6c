// Paged attention on a GPU. What bounds one query token against a long context (decode) is reading
// keys and values once; what bounds a chunk of a prompt (prefill) is the tensor cores. So each has
// kernels of its own, and a step may hold both. The host lists the work (plan.hpp), the device does
// it.
//
// Data flow, for one layer:
//   query [num_tokens, num_heads, head_dim]
//     x keys of the sequence's blocks    -> scores per token, head and context token
//     softmax(scale * scores)            -> weights (causal, windowed, capped where asked for)
//     x values of the sequence's blocks  -> output [num_tokens, num_heads, head_dim]
//
// The query heads of one KV head (a group) are computed together, so its keys are read once.
// decode.cu splits a context into chunks whose partial results (largest score, sum, weighted
// values) the last chunk merges; prefill.cu walks over the context in tiles; plain.cuh takes what
// the two do not (float32, odd head sizes, large groups).
#pragma once

#include <cuda_runtime_api.h>

#include <cstddef>
#include <cstdint>

#include "kernels/cuda/attention/plan.hpp"
#include "kernels/operations.hpp"

namespace octavo::kernels::cuda {

/// Device scratch for models of this many heads (counters, float32 partial results). It must be
/// zero before its first use; every call leaves its counters at zero.
std::size_t attention_workspace_bytes(const AttentionShape& shape, std::int64_t num_heads,
                                      std::int64_t head_dim);

/// Enqueues the attention of one layer. `plan` says how much there is, `device_plan` is the copy of
/// what `plan_attention` wrote. When `plan.num_prefill_tiles` is 0 the launches depend on
/// args.num_seqs alone. Rows that the plan does not name are left as they are. head_dim: a multiple
/// of 8 up to 256; scale above 0; at most 16 query heads per KV head are fast.
///
/// A layer above 0 is enqueued after the attention of another layer of the same step, and that
/// kernel has let its successors start only once its own inputs were there. So plan, tables, and
/// all keys and values but those of the step's own tokens are there too, and are read before the
/// kernel just ahead ends.
void attention(const AttentionArgs& args, DType activation, const AttentionShape& shape,
               const AttentionPlan& plan, const void* device_plan, void* workspace,
               cudaStream_t stream);

/// At the start of a workspace: items that blocks have taken, and blocks that have ended.
inline constexpr std::int64_t kScheduleCounters = 4;
/// Counters in a workspace: those of the schedule, and one per sequence and KV head. A multiple of
/// 4, so that what follows is aligned to 16 bytes.
constexpr std::int64_t counter_capacity(const AttentionShape& shape, std::int64_t num_heads) {
  return kScheduleCounters + (shape.max_seqs * num_heads + 3) / 4 * 4;
}

}  // namespace octavo::kernels::cuda
