#include "kernels/cpu/linear.hpp"

#include <algorithm>
#include <cstring>

namespace octavo::kernels::cpu {
namespace {

/// With several passes over the weights, the part of a block that all rows go over before the next
/// part: 16 groups x 256 steps x 64 bytes beside as much of inputs and sums stays in a second-level
/// cache.
constexpr std::int64_t kBlockSteps = 256;
constexpr std::int64_t kBlockGroups = 16;
constexpr std::int64_t kChunkRows = 256;

/// What all panels of one product share.
struct Product {
  const LinearArgs& args;
  const TileSet& set;
  PackedShape shape;
  const std::byte* inputs;  ///< float32 rows or rounded pairs
  std::size_t input_bytes;  ///< Bytes from row to row.
  std::size_t step_bytes;   ///< Bytes of one step of a row.
};

/// Adds the bias to finished sums.
void finish_row(const Product& product, const float* sums, std::int64_t first_row,
                std::int64_t num_rows, std::int64_t i) {
  const LinearArgs& args = product.args;
  float* output = args.output + i * args.weight->rows + first_row;
  if (args.bias == nullptr) {
    std::copy_n(sums, num_rows, output);
    return;
  }
  for (std::int64_t r = 0; r < num_rows; ++r) output[r] = sums[r] + args.bias[first_row + r];
}

/// How `n` rows go through: in `num_passes` tiles of `tile->rows`, `rows_per_pass` of them used.
struct Passes {
  std::int64_t num_passes = 1;
  std::int64_t rows_per_pass = 1;
  const Tile* tile = nullptr;
};

Passes plan_passes(const TileSet& set, std::int64_t n) {
  const std::int64_t num_passes =
      n <= set.single_pass_rows ? 1 : (n + set.pass_rows - 1) / set.pass_rows;
  const std::int64_t rows = (n + num_passes - 1) / num_passes;
  return {num_passes, rows, &set.tiles[rows]};
}

/// A run of groups times a run of input rows: what one thread does at a time.
struct Block {
  std::int64_t group_begin = 0;
  std::int64_t group_end = 0;
  std::int64_t row_begin = 0;
  std::int64_t row_end = 0;
};

/// All passes of a block over steps [step, step + num_steps) of the groups at `group`, one or
/// `tile.groups` of them. sums: [num_passes * tile.rows][groups * 16], rows `sums_stride` apart.
void run_steps(const Product& product, const Block& block, const Passes& passes, std::int64_t group,
               std::int64_t num_groups, std::int64_t step, std::int64_t num_steps, float* sums,
               std::int64_t sums_stride) {
  const Tile& tile = *passes.tile;
  TileArgs args;
  args.weights = product.args.weight->storage.as<const std::byte>() +
                 static_cast<std::size_t>(group) * product.shape.group_bytes() +
                 static_cast<std::size_t>(step) * product.shape.line_bytes;
  args.group_bytes = product.shape.group_bytes();
  args.input_bytes = product.input_bytes;
  args.num_steps = num_steps;
  args.first = step == 0;
  args.sums_stride = sums_stride;
  for (std::int64_t pass = 0; pass < passes.num_passes; ++pass) {
    const std::int64_t first = block.row_begin + pass * passes.rows_per_pass;
    const void* inputs[kMaxTileRows];
    for (std::int64_t r = 0; r < tile.rows; ++r) {
      const std::int64_t row = std::min(first + r, block.row_end - 1);
      inputs[r] = product.inputs + static_cast<std::size_t>(row) * product.input_bytes +
                  static_cast<std::size_t>(step) * product.step_bytes;
    }
    args.inputs = inputs;
    args.from_memory = pass == 0;
    args.num_rows = std::min(passes.rows_per_pass, block.row_end - first);
    if (args.num_rows <= 0) return;
    args.sums = sums + pass * tile.rows * sums_stride;
    (num_groups == 1 ? tile.narrow : tile.wide)(args);
  }
}

void run_block(const Product& product, const Block& block, std::vector<float>& sums) {
  const std::int64_t n = block.row_end - block.row_begin;
  const Passes passes = plan_passes(product.set, n);
  const std::int64_t rows = passes.num_passes * passes.tile->rows;
  const std::int64_t wide = passes.tile->groups;
  const std::int64_t num_steps = product.shape.num_steps;
  const std::int64_t block_steps = passes.num_passes == 1 ? num_steps : kBlockSteps;
  const std::int64_t num_groups = block.group_end - block.group_begin;
  const std::int64_t stride = num_groups * kGroupRows + kGroupRows;  // off the powers of two
  sums.resize(static_cast<std::size_t>(rows * stride));
  for (std::int64_t step = 0; step < num_steps; step += block_steps) {
    for (std::int64_t g = 0; g < num_groups;) {
      const std::int64_t taken = g + wide <= num_groups ? wide : 1;
      run_steps(product, block, passes, block.group_begin + g, taken, step,
                std::min(block_steps, num_steps - step), sums.data() + g * kGroupRows, stride);
      g += taken;
    }
  }
  const std::int64_t first_row = block.group_begin * kGroupRows;
  const std::int64_t num_rows =
      std::min(num_groups * kGroupRows, product.args.weight->rows - first_row);
  for (std::int64_t i = 0; i < n; ++i) {
    const std::int64_t row =
        i / passes.rows_per_pass * passes.tile->rows + i % passes.rows_per_pass;
    finish_row(product, sums.data() + row * stride, first_row, num_rows, block.row_begin + i);
  }
}

/// Input rows of `padded` columns as the tiles take them: bfloat16 pairs, or float32 with zeros at
/// the end.
const std::byte* convert_inputs(const LinearArgs& args, const TileSet& set, std::int64_t padded,
                                std::int64_t stride, ThreadPool& pool, LinearScratch& scratch) {
  constexpr std::int64_t kElementsPerItem = 1 << 14;
  const std::int64_t cols = args.weight->cols;
  scratch.inputs.resize(static_cast<std::size_t>(args.n * stride));
  const std::int64_t rows_per_item = std::max<std::int64_t>(1, kElementsPerItem / padded);
  pool.run((args.n + rows_per_item - 1) / rows_per_item, [&](std::int64_t item, int) {
    const std::int64_t end = std::min((item + 1) * rows_per_item, args.n);
    for (std::int64_t i = item * rows_per_item; i < end; ++i) {
      std::uint32_t* output = scratch.inputs.data() + i * stride;
      if (set.round_to_pairs != nullptr) {
        set.round_to_pairs(args.input + i * cols, cols, output, padded);
      } else {
        std::memcpy(output, args.input + i * cols, static_cast<std::size_t>(cols) * sizeof(float));
        std::fill(output + cols, output + padded, 0U);
      }
    }
  });
  return reinterpret_cast<const std::byte*>(scratch.inputs.data());
}

}  // namespace

PackedShape packed_shape(DType dtype, std::int64_t rows, std::int64_t cols) {
  PackedShape shape;
  shape.num_groups = (rows + kGroupRows - 1) / kGroupRows;
  shape.num_steps = dtype == DType::kBF16 ? (cols + 31) / 32 * 16 : cols;
  shape.line_bytes = dtype == DType::kF16 ? 32 : 64;
  shape.cols_per_step = dtype == DType::kBF16 ? 2 : 1;
  return shape;
}

const TileSet& LinearKernels::for_dtype(DType dtype) const {
  if (dtype == DType::kF32) return f32;
  return dtype == DType::kF16 ? f16 : bf16;
}

void run_linear(const LinearArgs& args, const LinearKernels& kernels, ThreadPool& pool,
                LinearScratch& scratch) {
  if (args.n <= 0) return;
  const TileSet& set = kernels.for_dtype(args.weight->dtype);
  const PackedShape shape = packed_shape(args.weight->dtype, args.weight->rows, args.weight->cols);
  Product product{args,
                  set,
                  shape,
                  reinterpret_cast<const std::byte*>(args.input),
                  static_cast<std::size_t>(args.weight->cols) * sizeof(float),
                  static_cast<std::size_t>(shape.cols_per_step) * sizeof(float)};
  const std::int64_t padded = shape.num_steps * shape.cols_per_step;
  if (set.round_to_pairs != nullptr || padded != args.weight->cols) {
    if (set.round_to_pairs != nullptr) product.step_bytes = sizeof(std::uint32_t);
    // One line more than the row has: rows a power of two apart would share the sets of a cache.
    product.input_bytes = static_cast<std::size_t>(shape.num_steps) * product.step_bytes + 64;
    product.inputs = convert_inputs(
        args, set, padded, static_cast<std::int64_t>(product.input_bytes / 4), pool, scratch);
  }
  scratch.sums.resize(static_cast<std::size_t>(pool.num_threads()));
  const std::int64_t num_chunks = (args.n + kChunkRows - 1) / kChunkRows;
  const std::int64_t chunk_rows = (args.n + num_chunks - 1) / num_chunks;
  const Passes passes = plan_passes(set, chunk_rows);
  const std::int64_t wide = passes.tile->groups;
  const std::int64_t even_share = shape.num_groups * num_chunks / (4 * pool.num_threads());
  const std::int64_t most = passes.num_passes == 1 ? wide : kBlockGroups;
  const std::int64_t block_groups = std::max(wide, std::min(most, even_share) / wide * wide);
  const std::int64_t num_blocks = (shape.num_groups + block_groups - 1) / block_groups;
  pool.run(num_blocks * num_chunks, [&](std::int64_t item, int thread) {
    Block block;
    block.group_begin = item % num_blocks * block_groups;
    block.group_end = std::min(block.group_begin + block_groups, shape.num_groups);
    block.row_begin = item / num_blocks * chunk_rows;
    block.row_end = std::min(block.row_begin + chunk_rows, args.n);
    run_block(product, block, scratch.sums[static_cast<std::size_t>(thread)]);
  });
}

}  // namespace octavo::kernels::cpu
