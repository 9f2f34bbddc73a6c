#include "kernels/cpu/attention.hpp"

#include <algorithm>
#include <utility>

namespace octavo::kernels {
namespace {

std::int64_t group_size(const AttentionArgs& args) {
  return args.num_heads / args.cache.num_kv_heads;
}

std::int64_t num_rows(const AttentionArgs& args, const AttentionTile& tile) {
  return (tile.token_end - tile.token_begin) * group_size(args);
}

std::int64_t state_floats(std::int64_t rows, std::int64_t head_dim) {
  return rows * (head_dim + 2);
}

AttentionState state_at(float* memory, std::int64_t rows) {
  return {memory, memory + rows, memory + 2 * rows};
}

void fill_tiles(const AttentionArgs& args, std::vector<AttentionTile>& tiles) {
  const std::int64_t per_tile = std::max<std::int64_t>(1, kMaxTileQueries / group_size(args));
  tiles.clear();
  for (std::int64_t s = 0; s < args.num_seqs; ++s) {
    const std::int64_t begin = args.cu_seqlens[s];
    const std::int64_t end = args.cu_seqlens[s + 1];
    for (std::int64_t t = begin; t < end; t += per_tile) {
      tiles.push_back({s, 0, t, std::min(t + per_tile, end), args.context_lens[s] - end + t});
    }
  }
}

/// The chunks in which some query of the tile sees something.
std::pair<std::int64_t, std::int64_t> visible_chunks(const AttentionArgs& args,
                                                     const AttentionTile& tile) {
  const std::int64_t last = tile.first_position + tile.token_end - tile.token_begin - 1;
  const std::int64_t first =
      args.sliding_window > 0
          ? std::max<std::int64_t>(0, tile.first_position - args.sliding_window + 1)
          : 0;
  return {first / kChunkPositions, last / kChunkPositions + 1};
}

void write_output(const AttentionArgs& args, const AttentionTile& tile,
                  const AttentionState& state) {
  const std::int64_t head_dim = args.cache.head_dim;
  const std::int64_t group = group_size(args);
  for (std::int64_t r = 0; r < num_rows(args, tile); ++r) {
    const std::int64_t head = tile.kv_head * group + r % group;
    float* output =
        args.output + ((tile.token_begin + r / group) * args.num_heads + head) * head_dim;
    const float scale = 1.0F / state.sum[r];
    for (std::int64_t d = 0; d < head_dim; ++d) output[d] = state.values[r * head_dim + d] * scale;
  }
}

/// One thread walks all chunks of a tile.
void run_whole(const AttentionArgs& args, const AttentionTile& tile,
               const AttentionKernels& kernels, std::vector<float>& memory) {
  const std::int64_t head_dim = args.cache.head_dim;
  const std::int64_t rows = num_rows(args, tile);
  const std::int64_t floats = state_floats(rows, head_dim);
  memory.resize(static_cast<std::size_t>(2 * floats + attention_scratch(head_dim)));
  const AttentionState total = state_at(memory.data(), rows);
  const AttentionState later = state_at(memory.data() + floats, rows);
  const auto [first, last] = visible_chunks(args, tile);
  for (std::int64_t chunk = first; chunk < last; ++chunk) {
    kernels.attend(args, tile, chunk, chunk == first ? total : later, memory.data() + 2 * floats);
    if (chunk > first) kernels.merge(total, later, rows, head_dim);
  }
  write_output(args, tile, total);
}

/// Each chunk of each tile is an item of its own; then each tile merges its chunks in order.
void run_split(const AttentionArgs& args, std::int64_t max_chunks, std::int64_t max_rows,
               const AttentionKernels& kernels, ThreadPool& pool, AttentionMemory& memory) {
  const std::int64_t head_dim = args.cache.head_dim;
  const std::int64_t num_kv_heads = args.cache.num_kv_heads;
  const auto num_tiles = static_cast<std::int64_t>(memory.tiles.size()) * num_kv_heads;
  const std::int64_t floats = state_floats(max_rows, head_dim);
  memory.partial.resize(static_cast<std::size_t>(num_tiles * max_chunks * floats));
  const auto tile_at = [&](std::int64_t index) {
    AttentionTile tile = memory.tiles[static_cast<std::size_t>(index / num_kv_heads)];
    tile.kv_head = index % num_kv_heads;
    return tile;
  };
  const auto state_of = [&](std::int64_t item, const AttentionTile& tile) {
    return state_at(memory.partial.data() + item * floats, num_rows(args, tile));
  };
  pool.run(num_tiles * max_chunks, [&](std::int64_t item, int thread) {
    const AttentionTile tile = tile_at(item / max_chunks);
    const auto [first, last] = visible_chunks(args, tile);
    const std::int64_t chunk = first + item % max_chunks;
    if (chunk >= last) return;
    auto& scratch = memory.per_thread[static_cast<std::size_t>(thread)];
    scratch.resize(static_cast<std::size_t>(attention_scratch(head_dim)));
    kernels.attend(args, tile, chunk, state_of(item, tile), scratch.data());
  });
  pool.run(num_tiles, [&](std::int64_t index, int) {
    const AttentionTile tile = tile_at(index);
    const auto [first, last] = visible_chunks(args, tile);
    const AttentionState total = state_of(index * max_chunks, tile);
    for (std::int64_t chunk = 1; chunk < last - first; ++chunk) {
      kernels.merge(total, state_of(index * max_chunks + chunk, tile), num_rows(args, tile),
                    head_dim);
    }
    write_output(args, tile, total);
  });
}

}  // namespace

void run_attention(const AttentionArgs& args, const AttentionKernels& kernels, ThreadPool& pool,
                   AttentionMemory& memory) {
  constexpr std::int64_t kItemsPerThread = 4;
  constexpr std::int64_t kMaxPartialFloats = std::int64_t{1} << 22;
  fill_tiles(args, memory.tiles);
  memory.per_thread.resize(static_cast<std::size_t>(pool.num_threads()));
  std::int64_t max_chunks = 0;
  std::int64_t max_rows = 0;
  for (const AttentionTile& tile : memory.tiles) {
    const auto [first, last] = visible_chunks(args, tile);
    max_chunks = std::max(max_chunks, last - first);
    max_rows = std::max(max_rows, num_rows(args, tile));
  }
  const std::int64_t num_kv_heads = args.cache.num_kv_heads;
  const auto num_tiles = static_cast<std::int64_t>(memory.tiles.size()) * num_kv_heads;
  const bool too_few = num_tiles < kItemsPerThread * pool.num_threads();
  const std::int64_t partial = num_tiles * max_chunks * state_floats(max_rows, args.cache.head_dim);
  if (pool.num_threads() > 1 && max_chunks > 1 && too_few && partial <= kMaxPartialFloats) {
    run_split(args, max_chunks, max_rows, kernels, pool, memory);
    return;
  }
  pool.run(num_tiles, [&](std::int64_t item, int thread) {
    AttentionTile tile = memory.tiles[static_cast<std::size_t>(item / num_kv_heads)];
    tile.kv_head = item % num_kv_heads;
    run_whole(args, tile, kernels, memory.per_thread[static_cast<std::size_t>(thread)]);
  });
}

}  // namespace octavo::kernels
