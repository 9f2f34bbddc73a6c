// The CPU path that serves: the same ops as the reference, on packed weights, with the vector
// instructions of one target and all cores. Bits of a result depend on the target, not on the
// batch, the tiling or the number of threads.
#pragma once

#include <algorithm>

#include "kernels/cpu/attention.hpp"
#include "kernels/cpu/host_backend.hpp"
#include "kernels/cpu/linear.hpp"
#include "kernels/cpu/logits.hpp"
#include "kernels/cpu/packing.hpp"
#include "kernels/cpu/rows.hpp"
#include "kernels/host/thread_pool.hpp"

namespace octavo::kernels::cpu {

enum class Bf16Products : std::uint8_t { kHighway, kAvx512, kAmx };

/// A vector instruction set: a Highway target, and how bfloat16 products are computed.
struct InstructionSet {
  std::string name;
  std::int64_t target = 0;
  Bf16Products bf16_products = Bf16Products::kHighway;
};

/// Those that this machine and this build have, slowest first. Without the reference.
std::vector<InstructionSet> instruction_sets();

class FastBackend final : public HostBackend {
 public:
  FastBackend(InstructionSet instruction_set, int threads);

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
  void run_on_host(std::int64_t count, const std::function<void(std::int64_t)>& work) override {
    pool_.run(count, [&](std::int64_t i, int) { work(i); });
  }

 private:
  void sample_rows(float* logits, std::int64_t vocab_size, std::span<const SampleRow> rows,
                   std::span<SampleOutput> outputs) override;

  /// Calls work(begin, end, thread) over parts of [0, num_rows) of about `kElementsPerItem`
  /// elements.
  template <class Work>
  void over_rows(std::int64_t num_rows, std::int64_t width, const Work& work) {
    constexpr std::int64_t kElementsPerItem = 1 << 14;
    const std::int64_t per_item =
        std::max<std::int64_t>(1, kElementsPerItem / std::max<std::int64_t>(1, width));
    pool_.run((num_rows + per_item - 1) / per_item, [&](std::int64_t item, int thread) {
      work(item * per_item, std::min((item + 1) * per_item, num_rows), thread);
    });
  }

  InstructionSet instruction_set_;
  ThreadPool pool_;
  LinearKernels linear_kernels_;
  LinearScratch linear_scratch_;
  PackGroup pack_group_;
  RowKernels row_kernels_;
  AttentionKernels attention_kernels_;
  AttentionMemory attention_memory_;
  LogitKernels logit_kernels_;
  std::vector<LogitSampler> samplers_;       ///< One per thread.
  std::vector<std::vector<float>> scratch_;  ///< One head per thread.
};

}  // namespace octavo::kernels::cpu
