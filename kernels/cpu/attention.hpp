// Attention over paged keys and values, as tiles of queries against fixed chunks of a context.
//
// Every query sums over chunks of `kChunkPositions` positions, counted from position 0, each with
// an online softmax of its own over groups of `kGroupPositions`; chunks merge in ascending order
// (Milakov and Gimelshein, "Online normalizer calculation for softmax", 2018; splitting a context
// is Flash-Decoding, Dao et al. 2023). The order is the same however queries are tiled, contexts
// split over threads, prompts cut into pieces, or blocks sized: so are the bits.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/host/thread_pool.hpp"
#include "kernels/operations.hpp"

namespace octavo::kernels::cpu {

constexpr std::int64_t kChunkPositions = 256;
constexpr std::int64_t kGroupPositions = 64;
constexpr int kScoreRows = 4;                  ///< Queries that a register tile scores at once.
constexpr std::int64_t kMaxTileQueries = 128;  ///< A tile holds one token at least.

/// Neighbouring tokens of one sequence, all query heads of a run of key and value heads. A single
/// token takes many: the keys of a block's heads lie end to end, then the values.
struct AttentionTile {
  std::int64_t sequence = 0;
  std::int64_t head_begin = 0;
  std::int64_t head_end = 0;
  std::int64_t token_begin = 0;  ///< Rows of `query`.
  std::int64_t token_end = 0;
  std::int64_t first_position = 0;  ///< The place of token_begin in its sequence.
};

/// What a tile knows of the positions seen so far; one row per query: key and value head, then
/// token, then query head.
struct AttentionState {
  float* largest = nullptr;  ///< [rows], -inf where nothing was visible
  float* sum = nullptr;      ///< [rows], of exp(score - largest)
  float* values = nullptr;   ///< [rows, head_dim], weighted by the same
};

struct AttentionKernels {
  /// Sets `state` to the tile's over one chunk. scratch: attention_scratch() floats.
  void (*attend)(const AttentionArgs& args, const AttentionTile& tile, std::int64_t chunk,
                 const AttentionState& state, float* scratch) = nullptr;
  /// Takes `later` into `state`.
  void (*merge)(const AttentionState& state, const AttentionState& later, std::int64_t rows,
                std::int64_t head_dim) = nullptr;
};

AttentionKernels attention_kernels(std::int64_t target);

/// Floats that `attend` needs: keys and values of a group, and scores of all rows.
constexpr std::int64_t attention_scratch(std::int64_t head_dim, std::int64_t rows) {
  return 2 * kGroupPositions * head_dim + rows * kGroupPositions;
}

/// Memory that calls reuse.
struct AttentionMemory {
  std::vector<AttentionTile> tiles;
  std::vector<float> partial;                  ///< States of split contexts.
  std::vector<std::vector<float>> per_thread;  ///< Two states and scratch.
};

void run_attention(const AttentionArgs& args, const AttentionKernels& kernels, ThreadPool& pool,
                   AttentionMemory& memory);

}  // namespace octavo::kernels::cpu
