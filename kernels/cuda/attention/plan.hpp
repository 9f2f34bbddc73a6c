// Which thread block computes what part of a step's attention. The lengths of the contexts are
// known on the host only, but a decoding step is recorded once and replayed for any lengths: so the
// host writes the work down as a list, the list travels to the device with the step's arrays, and
// the launches are the same for every step of as many sequences.
//
// A sequence of one token is cut along its context into chunks (DecodeItem), a longer one along its
// tokens into tiles (PrefillTile). How a sequence is cut depends on its own length alone, because
// the cuts decide how its sums are rounded, and a sequence must not feel who else is in the batch.
// (Split contexts: "Flash-Decoding for long-context inference", 2023.)
#pragma once

#include <cstddef>
#include <cstdint>

namespace octavo::kernels::cuda {

/// The largest step that a plan must hold.
struct AttentionShape {
  std::int64_t max_tokens = 0;
  std::int64_t max_seqs = 0;
  std::int64_t max_context_tokens = 0;  ///< The contexts of all sequences of a step together.
};

/// How much work a step has; the work itself lies in memory after it, see `plan_attention`.
struct AttentionPlan {
  std::int64_t num_decode_seqs = 0;  ///< Sequences of one token.
  std::int64_t num_prefill_tiles = 0;
  std::size_t bytes = 0;  ///< Written by `plan_attention`.
};

/// Most bytes that `plan_attention` writes.
std::size_t attention_plan_bytes(const AttentionShape& shape);

/// Lists a step's work at `output` (host memory, 16-byte aligned): a PlanHeader, its DecodeItems,
/// its PrefillTiles. cu_seqlens [num_seqs + 1], context_lens [num_seqs]: host, as in
/// `AttentionArgs`. num_seqs may be less than the padded number that will be launched.
AttentionPlan plan_attention(const AttentionShape& shape, const std::int32_t* cu_seqlens,
                             const std::int32_t* context_lens, std::int64_t num_seqs,
                             std::byte* output);

struct PlanHeader {
  std::int32_t num_items = 0;
  std::int32_t num_tiles = 0;
  std::int32_t unused[6] = {};
};

/// One chunk of the context of a sequence that decodes.
struct DecodeItem {
  std::int32_t seq = 0;
  std::int32_t row = 0;      ///< The sequence's token among the step's tokens.
  std::int32_t context = 0;  ///< Tokens of the whole context.
  std::int32_t chunk_tokens = 0;
  std::int32_t chunk = 0;
  std::int32_t num_chunks = 0;
  std::int32_t first_slot = 0;  ///< Where the partial result of chunk 0 goes.
  std::int32_t counter = 0;     ///< Counts finished chunks; one per KV head, from this times heads.
};

/// Up to kTileTokens tokens of a prompt.
struct PrefillTile {
  std::int32_t seq = 0;
  std::int32_t row = 0;  ///< The first token among the step's tokens.
  std::int32_t num_tokens = 0;
  std::int32_t position = 0;  ///< The first token's place in its sequence.
};

/// The shortest chunk. A shorter one costs more merges than it gains (with 256, batches of many
/// contexts take 1 to 7 % longer); a longer one leaves multiprocessors idle when a single context
/// is all there is.
inline constexpr std::int64_t kMinChunkTokens = 512;
/// A context of more chunks than this gets longer chunks instead, since whoever finishes last
/// merges all of them alone.
inline constexpr std::int64_t kMaxChunks = 64;
inline constexpr std::int64_t kTileTokens = 128;

/// The most chunks that a step of this shape can have.
constexpr std::int64_t chunk_capacity(const AttentionShape& shape) {
  return shape.max_context_tokens / kMinChunkTokens + shape.max_seqs;
}

}  // namespace octavo::kernels::cuda
