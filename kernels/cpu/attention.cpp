#include "kernels/cpu/attention.hpp"

#include <algorithm>
#include <utility>

namespace octavo::kernels::cpu {
namespace {

std::int64_t group_size(const AttentionArgs& args) {
  return args.num_heads / args.cache.num_kv_heads;
}

std::int64_t num_rows(const AttentionArgs& args, const AttentionTile& tile) {
  return (tile.head_end - tile.head_begin) * (tile.token_end - tile.token_begin) * group_size(args);
}

std::int64_t state_floats(std::int64_t rows, std::int64_t head_dim) {
  return rows * (head_dim + 2);
}

AttentionState state_at(float* memory, std::int64_t rows) {
  return {memory, memory + rows, memory + 2 * rows};
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

/// Several tokens share what they read of one head. A single token reads all heads in one stream,
/// or as many as leave `wanted` items.
void fill_tiles(const AttentionArgs& args, std::int64_t wanted, std::vector<AttentionTile>& tiles) {
  const std::int64_t per_tile = std::max<std::int64_t>(1, kMaxTileQueries / group_size(args));
  const std::int64_t num_heads = args.cache.num_kv_heads;
  std::int64_t num_items = 0;
  for (std::int64_t s = 0; s < args.num_seqs; ++s) {
    num_items += (args.context_lens[s] + kChunkPositions - 1) / kChunkPositions;
  }
  const std::int64_t together =
      std::clamp<std::int64_t>(num_heads * num_items / wanted, 1, num_heads);
  tiles.clear();
  for (std::int64_t s = 0; s < args.num_seqs; ++s) {
    const std::int64_t begin = args.cu_seqlens[s];
    const std::int64_t end = args.cu_seqlens[s + 1];
    for (std::int64_t t = begin; t < end; t += per_tile) {
      const std::int64_t tile_end = std::min(t + per_tile, end);
      const std::int64_t step = tile_end - t == 1 ? together : 1;
      for (std::int64_t h = 0; h < num_heads; h += step) {
        tiles.push_back(
            {s, h, std::min(h + step, num_heads), t, tile_end, args.context_lens[s] - end + t});
      }
    }
  }
}

void write_output(const AttentionArgs& args, const AttentionTile& tile,
                  const AttentionState& state) {
  const std::int64_t head_dim = args.cache.head_dim;
  const std::int64_t group = group_size(args);
  const std::int64_t rows_per_head = (tile.token_end - tile.token_begin) * group;
  for (std::int64_t r = 0; r < num_rows(args, tile); ++r) {
    const std::int64_t token = tile.token_begin + r % rows_per_head / group;
    const std::int64_t head = (tile.head_begin + r / rows_per_head) * group + r % group;
    float* output = static_cast<float*>(args.output) + (token * args.num_heads + head) * head_dim;
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
  memory.resize(static_cast<std::size_t>(2 * floats + attention_scratch(head_dim, rows)));
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
  const auto num_tiles = static_cast<std::int64_t>(memory.tiles.size());
  const std::int64_t floats = state_floats(max_rows, head_dim);
  memory.partial.resize(static_cast<std::size_t>(num_tiles * max_chunks * floats));
  const auto tile_at = [&](std::int64_t index) -> const AttentionTile& {
    return memory.tiles[static_cast<std::size_t>(index)];
  };
  const auto state_of = [&](std::int64_t item, const AttentionTile& tile) {
    return state_at(memory.partial.data() + item * floats, num_rows(args, tile));
  };
  pool.run(num_tiles * max_chunks, [&](std::int64_t item, int thread) {
    const AttentionTile& tile = tile_at(item / max_chunks);
    const auto [first, last] = visible_chunks(args, tile);
    const std::int64_t chunk = first + item % max_chunks;
    if (chunk >= last) return;
    auto& scratch = memory.per_thread[static_cast<std::size_t>(thread)];
    scratch.resize(static_cast<std::size_t>(attention_scratch(head_dim, num_rows(args, tile))));
    kernels.attend(args, tile, chunk, state_of(item, tile), scratch.data());
  });
  pool.run(num_tiles, [&](std::int64_t index, int) {
    const AttentionTile& tile = tile_at(index);
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
  constexpr std::int64_t kItemsPerThread = 8;
  constexpr std::int64_t kMaxPartialFloats = std::int64_t{1} << 22;
  const std::int64_t wanted = kItemsPerThread * pool.num_threads();
  fill_tiles(args, wanted, memory.tiles);
  memory.per_thread.resize(static_cast<std::size_t>(pool.num_threads()));
  std::int64_t max_chunks = 0;
  std::int64_t max_rows = 0;
  for (const AttentionTile& tile : memory.tiles) {
    const auto [first, last] = visible_chunks(args, tile);
    max_chunks = std::max(max_chunks, last - first);
    max_rows = std::max(max_rows, num_rows(args, tile));
  }
  const auto num_tiles = static_cast<std::int64_t>(memory.tiles.size());
  const std::int64_t partial = num_tiles * max_chunks * state_floats(max_rows, args.cache.head_dim);
  if (pool.num_threads() > 1 && max_chunks > 1 && num_tiles < wanted &&
      partial <= kMaxPartialFloats) {
    run_split(args, max_chunks, max_rows, kernels, pool, memory);
    return;
  }
  pool.run(num_tiles, [&](std::int64_t item, int thread) {
    run_whole(args, memory.tiles[static_cast<std::size_t>(item)], kernels,
              memory.per_thread[static_cast<std::size_t>(thread)]);
  });
}

}  // namespace octavo::kernels::cpu
