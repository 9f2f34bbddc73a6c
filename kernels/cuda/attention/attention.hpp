// Paged attention: one query token against a long context (decode) is bound by reading keys and
// values once, a chunk of a prompt (prefill) by the tensor cores. A step may hold both. The host
// lists the work, the device does it: so the launches of a step that only decodes are the same for
// every step of as many sequences, and can be recorded.
#pragma once

#include <cuda_runtime_api.h>

#include <cstddef>
#include <cstdint>

#include "kernels/backend.hpp"

namespace octavo::kernels::cuda {

/// What the plan must know that does not change.
struct AttentionShape {
  std::int64_t max_tokens = 0;  ///< Of one step.
  std::int64_t max_seqs = 0;
  std::int64_t max_context_tokens = 0;  ///< Of all sequences of one step together.
};

/// The work of one step, to be copied to the device as it lies.
struct AttentionPlan {
  std::int64_t num_decode_seqs = 0;  ///< Sequences of one token.
  std::int64_t num_prefill_tiles = 0;
  std::size_t bytes = 0;  ///< Of what was written.
};

/// Most bytes that `plan_attention` writes.
std::size_t attention_plan_bytes(const AttentionShape& shape);

/// Lists a step's work at `output` (host memory, 16-byte aligned). cu_seqlens, context_lens: host,
/// as in `AttentionArgs`. num_seqs may be less than the padded number that will be launched.
AttentionPlan plan_attention(const AttentionShape& shape, const std::int32_t* cu_seqlens,
                             const std::int32_t* context_lens, std::int64_t num_seqs,
                             std::byte* output);

/// Device scratch for models of this many heads (counters, float32 partial results). It must be
/// zero before its first use; every call leaves its counters at zero.
std::size_t attention_workspace_bytes(const AttentionShape& shape, std::int64_t num_heads,
                                      std::int64_t head_dim);

/// Enqueues the attention of one layer. `plan` says how much there is, `device_plan` is the copy of
/// what `plan_attention` wrote. When `plan.num_prefill_tiles` is 0 the launches depend on
/// args.num_seqs alone. A layer above 0 comes behind another layer's attention, which lets a kernel
/// start only once its own inputs are there: so plan, tables and all keys and values but those of
/// the step's own tokens are there too, and are read before the kernel just ahead ends. Rows that
/// the plan does not name are left as they are. head_dim: a multiple of 8 up to 256; scale above 0;
/// at most 16 query heads per KV head are fast.
void attention(const AttentionArgs& args, DType activation, const AttentionShape& shape,
               const AttentionPlan& plan, const void* device_plan, void* workspace,
               cudaStream_t stream);

// What lies in a plan: a header, `num_items` items, then `num_tiles` tiles.

struct PlanHeader {
  std::int32_t num_items = 0;
  std::int32_t num_tiles = 0;
  std::int32_t unused[6] = {};
};

/// One chunk of the context of a sequence that decodes.
struct DecodeItem {
  std::int32_t seq = 0;
  std::int32_t row = 0;  ///< Of the query.
  std::int32_t context = 0;
  std::int32_t chunk_tokens = 0;
  std::int32_t chunk = 0;
  std::int32_t num_chunks = 0;
  std::int32_t first_slot = 0;  ///< Where partial results of chunk 0 lie.
  std::int32_t counter = 0;     ///< Of chunks that are done, times the number of KV heads.
};

/// Up to kTileTokens tokens of a prompt.
struct PrefillTile {
  std::int32_t seq = 0;
  std::int32_t row = 0;  ///< Of the first query.
  std::int32_t num_tokens = 0;
  std::int32_t position = 0;  ///< Of the first query.
};

/// Least. Measured: with 256 many contexts take 1 to 7 % longer, for each chunk costs a merge, with
/// more a single context is spread over too few multiprocessors.
inline constexpr std::int64_t kChunkTokens = 512;
inline constexpr std::int64_t kMostChunks = 64;  ///< Of one sequence, unless its chunks are least.
inline constexpr std::int64_t kTileTokens = 128;

/// Chunks that a step may have.
constexpr std::int64_t chunk_capacity(const AttentionShape& shape) {
  return shape.max_context_tokens / kChunkTokens + shape.max_seqs;
}

inline constexpr std::int64_t kScheduleCounters = 4;
/// Counters in a workspace: of the schedule, and one per sequence and KV head. A multiple of 4.
constexpr std::int64_t counter_capacity(const AttentionShape& shape, std::int64_t num_heads) {
  return kScheduleCounters + (shape.max_seqs * num_heads + 3) / 4 * 4;
}

}  // namespace octavo::kernels::cuda
