#include <algorithm>

#include "kernels/cpu/fast_backend.hpp"

namespace octavo::kernels {

FastBackend::FastBackend(InstructionSet instruction_set, int threads)
    : instruction_set_(std::move(instruction_set)),
      pool_(threads),
      linear_kernels_(linear_kernels(instruction_set_.target)),
      pack_group_(pack_group(instruction_set_.target)) {
  const Bf16Products products = instruction_set_.bf16_products;
  if (products != Bf16Products::kHighway) use_avx512_bf16(linear_kernels_.bf16);
  if (products == Bf16Products::kAmx) use_amx_bf16(linear_kernels_.bf16);
}

std::string FastBackend::description() const {
  const int threads = pool_.num_threads();
  return "cpu, " + instruction_set_.name + ", " + std::to_string(threads) +
         (threads == 1 ? " thread" : " threads");
}

void FastBackend::embed(const Matrix& table, const std::int32_t* ids, const Matrix* position_table,
                        const std::int32_t* positions, std::int64_t position_offset, float* output,
                        std::int64_t num_tokens) {
  pool_.run(num_tokens, [&](std::int64_t i, int) {
    float* row = output + i * table.cols;
    unpack_row(table, ids[i], row, false);
    if (position_table != nullptr) {
      unpack_row(*position_table, positions[i] + position_offset, row, true);
    }
  });
}

void FastBackend::linear(const float* input, const Matrix& weight, const float* bias, float* output,
                         std::int64_t n, bool accumulate) {
  run_linear({input, &weight, bias, output, n, accumulate}, linear_kernels_, pool_,
             linear_scratch_);
}

}  // namespace octavo::kernels
