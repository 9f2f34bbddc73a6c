// The CPU path that serves: the same ops as the reference, on packed weights, with the vector
// instructions of one target and all cores. Bits of a result depend on the target, not on the
// batch, the tiling or the number of threads.
#pragma once

#include "kernels/cpu/linear.hpp"
#include "kernels/cpu/packing.hpp"
#include "kernels/cpu/reference_backend.hpp"
#include "kernels/cpu/thread_pool.hpp"

namespace octavo::kernels {

enum class Bf16Products : std::uint8_t { kHighway, kAvx512, kAmx };

/// A vector instruction set: a Highway target, and how bfloat16 products are computed.
struct InstructionSet {
  std::string name;
  std::int64_t target = 0;
  Bf16Products bf16_products = Bf16Products::kHighway;
};

/// Those that this machine and this build have, slowest first. Without the reference.
std::vector<InstructionSet> instruction_sets();

class FastBackend final : public ReferenceBackend {
 public:
  FastBackend(InstructionSet instruction_set, int threads);

  std::string description() const override;
  Matrix prepare_matrix(std::span<const HostMatrix> parts, DType dtype) override;
  Matrix random_matrix(std::int64_t rows, std::int64_t cols, DType dtype, std::uint64_t seed,
                       float scale) override;
  void embed(const Matrix& table, const std::int32_t* ids, const Matrix* position_table,
             const std::int32_t* positions, std::int64_t position_offset, float* output,
             std::int64_t num_tokens) override;
  void linear(const float* input, const Matrix& weight, const float* bias, float* output,
              std::int64_t n, bool accumulate) override;

 private:
  InstructionSet instruction_set_;
  ThreadPool pool_;
  LinearKernels linear_kernels_;
  LinearScratch linear_scratch_;
  PackGroup pack_group_;
};

}  // namespace octavo::kernels
