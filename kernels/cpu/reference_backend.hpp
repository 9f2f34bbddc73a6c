// The truth that every fast path is tested against: each op as its definition reads, in plain loops
// over row-major arrays, accumulating in float32 from the first element to the last.
#pragma once

#include "kernels/cpu/host_backend.hpp"

namespace octavo::kernels::cpu {

class ReferenceBackend : public HostBackend {
 public:
  std::string description() const override;
  Matrix prepare_matrix(std::span<const HostMatrix> parts, DType dtype) override;
  Vector prepare_vector(std::span<const HostMatrix> parts) override;
  Matrix random_matrix(std::int64_t rows, std::int64_t cols, DType dtype, std::uint64_t seed,
                       float scale) override;
  void embed(const Matrix& table, const std::int32_t* ids, const Matrix* position_table,
             const std::int32_t* positions, std::int64_t position_offset, float* output,
             std::int64_t num_tokens) override;
  void norm(const NormArgs& args) override;
  void linear(const void* input, const Matrix& weight, const float* bias, void* output,
              std::int64_t n) override;
  void head(const void* input, const Matrix& weight, float* output, std::int64_t n) override {
    linear(input, weight, nullptr, output, n);
  }
  void split_rotate_write(const QkvArgs& args) override;
  void attention(const AttentionArgs& args) override;
  void gated_activation(Activation kind, const void* input, void* output, std::int64_t n,
                        std::int64_t width) override;
  void activation(Activation kind, void* values, std::int64_t count) override;
  void copy_blocks(
      const KvCacheView& cache,
      std::span<const std::pair<std::int32_t, std::int32_t>> source_destination) override;

 private:
  void sample_rows(float* logits, std::int64_t vocab_size, std::span<const SampleRow> rows,
                   std::span<SampleOutput> outputs) override;
};

}  // namespace octavo::kernels::cpu
