// Checkpoints to the device. What has the right type and order is copied into its place, while the
// next is read; the rest is converted there.
#include "kernels/cuda/cuda_backend.hpp"
#include "kernels/cuda/rows/convert.hpp"
#include "kernels/host/memory.hpp"
#include "kernels/host/random_rows.hpp"

namespace octavo::kernels::cuda {

void CudaBackend::upload(const void* host, void* device, std::size_t bytes) {
  if (bulk_upload_ == nullptr) bulk_upload_ = std::make_unique<BulkUpload>(options_.device);
  bulk_upload_->send(host, device, bytes);
}

Matrix CudaBackend::prepare_matrix(std::span<const HostMatrix> parts, DType dtype) {
  Matrix matrix;
  if (parts.empty()) return matrix;
  matrix.dtype = dtype;
  matrix.cols = parts.front().cols;
  for (const HostMatrix& part : parts) matrix.rows += part.rows;
  matrix.storage = allocate_for_overwrite(checked_bytes(matrix.rows, matrix.cols, size_of(dtype)));
  if (!matrix.storage) return matrix;
  auto* target = matrix.storage.as<std::byte>();
  for (const HostMatrix& part : parts) {
    const auto elements = static_cast<std::size_t>(part.rows * part.cols);
    const std::size_t stored_bytes = elements * size_of(part.dtype);
    if (part.dtype == dtype && !part.transposed) {
      upload(part.data, target, stored_bytes);
    } else {
      const Memory raw(Memory::Place::kDevice, stored_bytes);
      if (raw.data() == nullptr) return {};
      upload(part.data, raw.data(), stored_bytes);
      bulk_upload_->join(stream_);
      convert(raw.data(), part.dtype, target, dtype, part.rows, part.cols, part.transposed,
              stream_);
      OCTAVO_CUDA(cudaStreamSynchronize(stream_));
    }
    target += elements * size_of(dtype);
  }
  return matrix;
}

bool CudaBackend::can_quantize() const {
  use_device(options_.device);
  return Fp8Linear::is_supported() && options_.dtype != DType::kF32;
}

Matrix CudaBackend::quantize(Matrix matrix) {
  if (matrix.cols % 16 != 0 || matrix.rows % 16 != 0) return matrix;
  Matrix quantized;
  quantized.dtype = matrix.dtype;
  quantized.rows = matrix.rows;
  quantized.cols = matrix.cols;
  quantized.storage = allocate_for_overwrite(static_cast<std::size_t>(matrix.rows * matrix.cols));
  quantized.scales = allocate_for_overwrite(static_cast<std::size_t>(matrix.rows) * sizeof(float));
  if (!quantized.storage || !quantized.scales) return {};
  if (bulk_upload_ != nullptr) bulk_upload_->join(stream_);
  quantize_rows(matrix.storage.data(), matrix.dtype, matrix.rows, matrix.cols,
                quantized.storage.as<std::uint8_t>(), quantized.scales.as<float>(), stream_);
  OCTAVO_CUDA(cudaStreamSynchronize(stream_));
  if (matrix.cols > fp8_cols_) {  // Its workspace is taken here, before the cache takes the rest.
    fp8_cols_ = matrix.cols;
    fp8_linear_ = std::make_unique<Fp8Linear>(stream_, options_.max_tokens, fp8_cols_);
  }
  return quantized;
}

Vector CudaBackend::prepare_vector(std::span<const HostMatrix> parts) {
  const Vector host = float_vector(parts);
  Vector vector;
  if (!host) return vector;
  vector.size = host.size;
  vector.storage = allocate_for_overwrite(static_cast<std::size_t>(host.size) * sizeof(float));
  if (!vector.storage) return vector;
  upload(host.data(), vector.storage.data(), vector.storage.bytes());
  return vector;
}

Matrix CudaBackend::random_matrix(std::int64_t rows, std::int64_t cols, DType dtype,
                                  std::uint64_t seed, float scale) {
  Matrix matrix{allocate_for_overwrite(checked_bytes(rows, cols, size_of(dtype))), dtype, rows,
                cols};
  if (!matrix.storage) return matrix;
  const RandomRows source(cols, dtype, seed, scale);
  std::vector<std::uint32_t> offsets(static_cast<std::size_t>(rows));
  for (std::size_t r = 0; r < offsets.size(); ++r)
    offsets[r] = source.offset(static_cast<std::int64_t>(r));
  const Memory table(Memory::Place::kDevice, source.table().size());
  const Memory places(Memory::Place::kDevice, offsets.size() * sizeof(std::uint32_t));
  if (table.data() == nullptr || places.data() == nullptr) return {};
  upload(source.table().data(), table.data(), table.bytes());
  upload(offsets.data(), places.data(), places.bytes());
  bulk_upload_->join(stream_);
  gather_windows(table.data(), reinterpret_cast<const std::uint32_t*>(places.data()),
                 matrix.storage.data(), size_of(dtype), rows, cols, stream_);
  OCTAVO_CUDA(cudaStreamSynchronize(stream_));
  return matrix;
}

}  // namespace octavo::kernels::cuda
