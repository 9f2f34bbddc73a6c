#include "kernels/cpu/linear.hpp"

#include <algorithm>
#include <cstring>

namespace octavo::kernels {
namespace {

/// Steps of one pass: with 4 groups a panel of 256 KiB, which stays in a second-level cache while
/// all rows go over it.
constexpr std::int64_t kBlockSteps = 1024;
/// Rows whose partial sums a thread keeps at once.
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

/// Adds bias and the old output, in this order, to finished sums.
void finish_row(const Product& product, const float* sums, std::int64_t first_row,
                std::int64_t num_rows, std::int64_t i) {
  const LinearArgs& args = product.args;
  float* output = args.output + i * args.weight->rows + first_row;
  if (args.bias == nullptr && !args.accumulate) {
    std::copy_n(sums, num_rows, output);
    return;
  }
  for (std::int64_t r = 0; r < num_rows; ++r) {
    float value = sums[r];
    if (args.bias != nullptr) value += args.bias[first_row + r];
    if (args.accumulate) value += output[r];
    output[r] = value;
  }
}

/// Rows [begin, end) of the input through `num_groups` groups, either `tile.groups` or 1.
void run_panel(const Product& product, std::int64_t group, std::int64_t num_groups,
               std::int64_t begin, std::int64_t end, std::vector<float>& sums) {
  const std::int64_t n = end - begin;
  const std::int64_t width = num_groups * kGroupRows;
  const std::int64_t num_passes = n <= product.set.single_pass_rows
                                      ? 1
                                      : (n + product.set.pass_rows - 1) / product.set.pass_rows;
  const std::int64_t pass_rows = (n + num_passes - 1) / num_passes;
  const Tile& tile = product.set.tiles[pass_rows];
  const std::size_t panel = static_cast<std::size_t>(group) * product.shape.group_bytes();
  sums.resize(static_cast<std::size_t>(num_passes * tile.rows * width));
  for (std::int64_t step = 0; step < product.shape.num_steps; step += kBlockSteps) {
    TileArgs args;
    args.weights = product.args.weight->storage.as<const std::byte>() + panel +
                   static_cast<std::size_t>(step) * product.shape.line_bytes;
    args.group_bytes = product.shape.group_bytes();
    args.num_steps = std::min(kBlockSteps, product.shape.num_steps - step);
    args.first = step == 0;
    for (std::int64_t pass = 0; pass < num_passes; ++pass) {
      const void* inputs[kMaxTileRows];
      for (std::int64_t r = 0; r < tile.rows; ++r) {
        const std::int64_t row = std::min(begin + pass * pass_rows + r, end - 1);
        inputs[r] = product.inputs + static_cast<std::size_t>(row) * product.input_bytes +
                    static_cast<std::size_t>(step) * product.step_bytes;
      }
      args.inputs = inputs;
      args.sums = sums.data() + pass * tile.rows * width;
      (num_groups == 1 ? tile.narrow : tile.wide)(args);
    }
  }
  const std::int64_t first_row = group * kGroupRows;
  const std::int64_t num_rows = std::min(width, product.args.weight->rows - first_row);
  for (std::int64_t i = 0; i < n; ++i) {
    const std::int64_t row = i / pass_rows * tile.rows + i % pass_rows;
    finish_row(product, sums.data() + row * width, first_row, num_rows, begin + i);
  }
}

/// Groups per panel: what the tile for `n` rows takes at once.
std::int64_t panel_groups(const TileSet& set, std::int64_t n) {
  if (n <= set.single_pass_rows) return set.tiles[n].groups;
  const std::int64_t num_passes = (n + set.pass_rows - 1) / set.pass_rows;
  return set.tiles[(n + num_passes - 1) / num_passes].groups;
}

/// Input rows of `padded` columns as the tiles take them: bfloat16 pairs, or float32 with zeros at
/// the end.
const std::byte* convert_inputs(const LinearArgs& args, const TileSet& set, std::int64_t padded,
                                ThreadPool& pool, LinearScratch& scratch) {
  constexpr std::int64_t kElementsPerItem = 1 << 14;
  const std::int64_t cols = args.weight->cols;
  const std::int64_t words = set.round_to_pairs != nullptr ? padded / 2 : padded;
  scratch.inputs.resize(static_cast<std::size_t>(args.n * words));
  const std::int64_t rows_per_item = std::max<std::int64_t>(1, kElementsPerItem / padded);
  pool.run((args.n + rows_per_item - 1) / rows_per_item, [&](std::int64_t item, int) {
    const std::int64_t end = std::min((item + 1) * rows_per_item, args.n);
    for (std::int64_t i = item * rows_per_item; i < end; ++i) {
      std::uint32_t* output = scratch.inputs.data() + i * words;
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
    product.inputs = convert_inputs(args, set, padded, pool, scratch);
    product.input_bytes = static_cast<std::size_t>(shape.num_steps) * product.step_bytes;
  }
  scratch.sums.resize(static_cast<std::size_t>(pool.num_threads()));
  const std::int64_t num_chunks = (args.n + kChunkRows - 1) / kChunkRows;
  const std::int64_t chunk_rows = (args.n + num_chunks - 1) / num_chunks;
  const std::int64_t groups = panel_groups(set, std::min(chunk_rows, args.n));
  const std::int64_t num_panels = (shape.num_groups + groups - 1) / groups;
  pool.run(num_panels * num_chunks, [&](std::int64_t item, int thread) {
    const std::int64_t begin = item / num_panels * chunk_rows;
    const std::int64_t end = std::min(begin + chunk_rows, args.n);
    const std::int64_t group = item % num_panels * groups;
    auto& sums = scratch.sums[static_cast<std::size_t>(thread)];
    if (group + groups <= shape.num_groups && panel_groups(set, end - begin) == groups) {
      run_panel(product, group, groups, begin, end, sums);
      return;
    }
    for (std::int64_t g = group; g < std::min(group + groups, shape.num_groups); ++g) {
      run_panel(product, g, 1, begin, end, sums);
    }
  });
}

}  // namespace octavo::kernels
