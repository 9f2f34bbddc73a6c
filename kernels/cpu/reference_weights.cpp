#include "kernels/cpu/reference_backend.hpp"
#include "kernels/host/half.hpp"
#include "kernels/host/memory.hpp"
#include "kernels/host/random_rows.hpp"

namespace octavo::kernels::cpu {

std::string ReferenceBackend::description() const { return "cpu, reference, 1 thread"; }

Matrix ReferenceBackend::prepare_matrix(std::span<const HostMatrix> parts, DType dtype) {
  Matrix matrix;
  if (parts.empty()) return matrix;
  matrix.dtype = dtype;
  matrix.cols = parts.front().cols;
  for (const HostMatrix& part : parts) matrix.rows += part.rows;
  matrix.storage = take_memory(checked_bytes(matrix.rows, matrix.cols, size_of(dtype)));
  if (!matrix.storage) return matrix;
  std::int64_t index = 0;
  for (const HostMatrix& part : parts) {
    for (std::int64_t r = 0; r < part.rows; ++r) {
      for (std::int64_t c = 0; c < part.cols; ++c) {
        const std::int64_t from = part.transposed ? c * part.rows + r : r * part.cols + c;
        store_element(matrix.storage.data(), dtype, index++,
                      load_element(part.data, part.dtype, from));
      }
    }
  }
  return matrix;
}

Vector ReferenceBackend::prepare_vector(std::span<const HostMatrix> parts) {
  return float_vector(parts);
}

Matrix ReferenceBackend::random_matrix(std::int64_t rows, std::int64_t cols, DType dtype,
                                       std::uint64_t seed, float scale) {
  Matrix matrix{take_memory(checked_bytes(rows, cols, size_of(dtype))), dtype, rows, cols};
  if (!matrix.storage) return matrix;
  const RandomRows source(cols, dtype, seed, scale);
  for (std::int64_t r = 0; r < rows; ++r) {
    for (std::int64_t c = 0; c < cols; ++c) {
      store_element(matrix.storage.data(), dtype, r * cols + c,
                    load_element(source.row(r), dtype, c));
    }
  }
  return matrix;
}

}  // namespace octavo::kernels::cpu
