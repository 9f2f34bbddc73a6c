#include <algorithm>

#include "kernels/cpu/fast_backend.hpp"
#include "kernels/host/half.hpp"
#include "kernels/host/memory.hpp"
#include "kernels/host/random_rows.hpp"

namespace octavo::kernels::cpu {
namespace {

constexpr std::size_t kBytesPerItem = std::size_t{1} << 20;

/// A packed matrix of zeros; empty when there is no memory for it.
Matrix empty_matrix(std::int64_t rows, std::int64_t cols, DType dtype) {
  Matrix matrix;
  matrix.dtype = dtype;
  matrix.rows = rows;
  matrix.cols = cols;
  if (checked_bytes(rows, cols, size_of(dtype)) == 0) return matrix;
  const PackedShape shape = packed_shape(dtype, rows, cols);
  matrix.storage = take_memory(checked_bytes(shape.num_groups, shape.num_steps, shape.line_bytes));
  return matrix;
}

/// Calls pack(group, thread) for every group, neighbouring groups on one thread.
template <class Pack>
void for_each_group(ThreadPool& pool, const Matrix& matrix, const Pack& pack) {
  const PackedShape shape = packed_shape(matrix.dtype, matrix.rows, matrix.cols);
  const auto per_item =
      static_cast<std::int64_t>(std::max<std::size_t>(1, kBytesPerItem / shape.group_bytes()));
  pool.run((shape.num_groups + per_item - 1) / per_item, [&](std::int64_t item, int thread) {
    const std::int64_t end = std::min((item + 1) * per_item, shape.num_groups);
    for (std::int64_t group = item * per_item; group < end; ++group) pack(group, thread);
  });
}

/// Copies row `row` of a part that is stored by columns. output: [part.cols] of part.dtype.
void copy_column(const HostMatrix& part, std::int64_t row, std::byte* output) {
  with_type(part.dtype, [&]<class T>(T) {
    const T* from = static_cast<const T*>(part.data) + row;
    T* to = reinterpret_cast<T*>(output);
    for (std::int64_t c = 0; c < part.cols; ++c) to[c] = from[c * part.rows];
  });
}

/// Packs the group that begins at `first_row` of the stack of parts of one source type.
void pack_parts(std::span<const HostMatrix> parts, std::int64_t first_row, PackArgs& args,
                std::vector<std::byte>& columns, PackGroup pack_group) {
  const std::size_t row_bytes = static_cast<std::size_t>(args.cols) * size_of(DType::kF32);
  columns.resize(static_cast<std::size_t>(kGroupRows) * row_bytes);
  std::int64_t part_begin = 0;
  std::fill(std::begin(args.rows), std::end(args.rows), nullptr);
  for (const HostMatrix& part : parts) {
    const std::int64_t begin = std::max(first_row, part_begin);
    const std::int64_t end = std::min(first_row + kGroupRows, part_begin + part.rows);
    for (std::int64_t row = begin; row < end; ++row) {
      const std::int64_t r = row - first_row;
      std::byte* copy = columns.data() + static_cast<std::size_t>(r) * row_bytes;
      if (part.dtype != args.source) {
        for (std::int64_t c = 0; c < part.cols; ++c) {
          const std::int64_t at = part.transposed ? c * part.rows + row - part_begin
                                                  : (row - part_begin) * part.cols + c;
          reinterpret_cast<float*>(copy)[c] = load_element(part.data, part.dtype, at);
        }
        args.rows[r] = copy;
      } else if (part.transposed) {
        copy_column(part, row - part_begin, copy);
        args.rows[r] = copy;
      } else {
        args.rows[r] =
            static_cast<const std::byte*>(part.data) +
            static_cast<std::size_t>((row - part_begin) * part.cols) * size_of(part.dtype);
      }
    }
    part_begin += part.rows;
  }
  pack_group(args);
}

}  // namespace

Vector FastBackend::prepare_vector(std::span<const HostMatrix> parts) {
  return float_vector(parts);
}

Matrix FastBackend::prepare_matrix(std::span<const HostMatrix> parts, DType dtype) {
  if (parts.empty()) return {};
  std::int64_t rows = 0;
  bool one_type = true;
  for (const HostMatrix& part : parts) {
    rows += part.rows;
    one_type = one_type && part.dtype == parts.front().dtype;
  }
  Matrix matrix = empty_matrix(rows, parts.front().cols, dtype);
  if (!matrix) return matrix;
  std::vector<std::vector<std::byte>> columns(static_cast<std::size_t>(pool_.num_threads()));
  const std::size_t group_bytes = packed_shape(dtype, rows, matrix.cols).group_bytes();
  for_each_group(pool_, matrix, [&](std::int64_t group, int thread) {
    PackArgs args;
    args.source = one_type ? parts.front().dtype : DType::kF32;
    args.dtype = dtype;
    args.cols = matrix.cols;
    args.group = matrix.storage.as<std::byte>() + static_cast<std::size_t>(group) * group_bytes;
    pack_parts(parts, group * kGroupRows, args, columns[static_cast<std::size_t>(thread)],
               pack_group_);
  });
  return matrix;
}

Matrix FastBackend::random_matrix(std::int64_t rows, std::int64_t cols, DType dtype,
                                  std::uint64_t seed, float scale) {
  Matrix matrix = empty_matrix(rows, cols, dtype);
  if (!matrix) return matrix;
  const RandomRows source(cols, dtype, seed, scale);
  const std::size_t group_bytes = packed_shape(dtype, rows, cols).group_bytes();
  for_each_group(pool_, matrix, [&](std::int64_t group, int) {
    PackArgs args;
    for (std::int64_t r = 0; r < kGroupRows && group * kGroupRows + r < rows; ++r) {
      args.rows[r] = source.row(group * kGroupRows + r);
    }
    args.source = dtype;
    args.dtype = dtype;
    args.cols = cols;
    args.group = matrix.storage.as<std::byte>() + static_cast<std::size_t>(group) * group_bytes;
    pack_group_(args);
  });
  return matrix;
}

}  // namespace octavo::kernels::cpu
