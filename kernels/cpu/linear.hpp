// Matrix products over packed weights, the op that decides the speed of a model.
//
// Packed weight: groups of 16 rows (outputs), the last one padded with zero rows. A group is a run
// of steps along the columns, each one line of 16 outputs: float32 and float16 `[cols][16]`;
// bfloat16 `[padded cols / 2][16][2]`, pairs of neighbouring columns as `vdpbf16ps` and AMX take
// them, columns padded with zeros to a multiple of 32. A product walks each group as one stream.
//
// Every output sums its columns from first to last in one accumulator, whatever the number of input
// rows, the tile or the thread: a row's result is the same bits alone and in any batch.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "kernels/host/thread_pool.hpp"
#include "kernels/storage.hpp"

namespace octavo::kernels::cpu {

constexpr std::int64_t kGroupRows = 16;
constexpr int kMaxTileRows = 32;

/// Columns and bytes of a group.
struct PackedShape {
  std::int64_t num_groups = 0;
  std::int64_t num_steps = 0;      ///< Lines of a group.
  std::size_t line_bytes = 0;      ///< 64 or (float16) 32.
  std::int64_t cols_per_step = 1;  ///< 2 for bfloat16
  std::size_t group_bytes() const { return static_cast<std::size_t>(num_steps) * line_bytes; }
};
PackedShape packed_shape(DType dtype, std::int64_t rows, std::int64_t cols);

/// One register tile over a run of steps. sums: [rows of the tile][groups * 16], read first unless
/// `first`, then written. inputs: one pointer per row at the run's first step, to float32 columns
/// or (bfloat16 pairs) 32-bit words.
struct TileArgs {
  const std::byte* weights = nullptr;
  std::size_t group_bytes = 0;
  const void* const* inputs = nullptr;
  std::size_t input_bytes = 0;  ///< Bytes from one of `num_rows` rows to the next.
  std::int64_t num_rows = 0;    ///< Those of the tile's rows that count.
  std::int64_t num_steps = 0;
  float* sums = nullptr;
  std::int64_t sums_stride = 0;  ///< Floats from row to row of `sums`.
  bool first = true;
  bool from_memory = true;  ///< No earlier tile has just read these weights.
};

/// A tile of `rows` input rows; `wide` takes `groups` groups at once, `narrow` one.
struct Tile {
  void (*wide)(const TileArgs&) = nullptr;
  void (*narrow)(const TileArgs&) = nullptr;
  int rows = 0;
  int groups = 1;
};

/// The tiles for one weight type. tiles[n] computes n rows or more (its `rows`).
struct TileSet {
  Tile tiles[kMaxTileRows + 1];
  int single_pass_rows = 0;  ///< Up to so many rows go through in one pass over the weights.
  int pass_rows = 0;         ///< Rows of a pass when there are more.
  /// Rounds a row to bfloat16 pairs: input [cols], output [padded / 2]. Null: tiles take float32.
  void (*round_to_pairs)(const float* input, std::int64_t cols, std::uint32_t* output,
                         std::int64_t padded) = nullptr;
};

struct LinearKernels {
  TileSet f32;
  TileSet f16;
  TileSet bf16;
  const TileSet& for_dtype(DType dtype) const;
};

/// Tiles of one Highway target.
LinearKernels linear_kernels(std::int64_t target);

/// True when the machine has AVX-512 BF16 and this build the tiles that use it.
bool has_avx512_bf16();
void use_avx512_bf16(TileSet& set);

/// True when the machine has AMX for bfloat16 and the system lets this process use it. Asks once.
bool has_amx_bf16();
void use_amx_bf16(TileSet& set);
/// Plain vectors for products of a few rows, with the bits of AMX.
void use_amx_sums_for_few(TileSet& set);

/// Memory that products reuse from call to call.
struct LinearScratch {
  std::vector<std::uint32_t> inputs;     ///< Rounded to pairs, or padded.
  std::vector<std::vector<float>> sums;  ///< One per thread.
};

struct LinearArgs {
  const float* input = nullptr;  ///< [n, weight.cols]
  const Matrix* weight = nullptr;
  const float* bias = nullptr;  ///< [weight.rows] or null
  float* output = nullptr;      ///< [n, weight.rows]
  std::int64_t n = 0;
};

void run_linear(const LinearArgs& args, const LinearKernels& kernels, ThreadPool& pool,
                LinearScratch& scratch);

}  // namespace octavo::kernels::cpu
