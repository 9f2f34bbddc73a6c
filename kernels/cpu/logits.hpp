// Passes over a row of logits, a hundred thousand of them per token: the parts of sampling that are
// worth vectors. As compiled for one Highway target.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/cpu/sampling.hpp"

namespace octavo::kernels::cpu {

constexpr std::int64_t kLogitBlock = 256;

struct LogitKernels {
  /// Largest of [count]; -inf when empty. NaN counts for nothing.
  float (*largest)(const float* logits, std::int64_t count) = nullptr;
  /// Index of the first element equal to `value`, or -1.
  std::int64_t (*find)(const float* logits, std::int64_t count, float value) = nullptr;
  /// Sum of exp((x - largest) * scale).
  double (*sum_exp)(const float* logits, std::int64_t count, float largest, float scale) = nullptr;
  /// Appends all at or above `least`, in order.
  void (*collect)(const float* logits, std::int64_t count, float least,
                  std::vector<Candidate>& output) = nullptr;
};

LogitKernels logit_kernels(std::int64_t target);

/// The sampler on those passes. Memory is reused from call to call; one per thread.
class LogitSampler {
 public:
  /// One row of Backend::sample; logits: [vocab_size], overwritten.
  void sample(const LogitKernels& kernels, float* logits, std::int64_t vocab_size,
              const SampleRow& row, SampleOutput& output);

 private:
  std::int32_t choose(const LogitKernels& kernels, const float* logits, std::int64_t vocab_size,
                      const SampleRow& row, bool& is_finite);
  static void tell_given(const float* logits, std::int64_t vocab_size, std::int32_t token,
                         double total, SampleOutput& output);
  std::int32_t draw_unfiltered(const LogitKernels& kernels, const float* logits,
                               std::int64_t vocab_size, float largest, const SampleRow& row);
  void collect_best(const LogitKernels& kernels, const float* logits, std::int64_t vocab_size,
                    std::int64_t count);

  std::vector<Candidate> candidates_;
  std::vector<float> block_largest_;
  std::vector<float> raw_;  ///< Logits before the penalties.
};

}  // namespace octavo::kernels::cpu
