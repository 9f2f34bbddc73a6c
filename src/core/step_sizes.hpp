// How many tokens the steps since the start had: their number, their sum, and how many were of
// which size. A mean alone hides that a server alternates between full steps and empty ones.
// Thread: one adds, any reads; the numbers may stem from different steps.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>

namespace octavo {

class StepSizes {
 public:
  /// Upper bounds of the sizes, in tokens, as vLLM has them; larger steps stand after the last.
  static constexpr std::array<std::int64_t, 13> kBounds{1,   8,    16,   32,   64,   128,  256,
                                                        512, 1024, 2048, 4096, 8192, 16384};

  void add(std::int64_t num_tokens) {
    const auto size = std::ranges::lower_bound(kBounds, num_tokens) - kBounds.begin();
    counts_.at(static_cast<std::size_t>(size)).fetch_add(1, std::memory_order_relaxed);
    num_tokens_.fetch_add(num_tokens, std::memory_order_relaxed);
  }

  std::int64_t num_tokens() const { return num_tokens_.load(std::memory_order_relaxed); }
  std::int64_t num_steps() const {
    std::int64_t sum = 0;
    for (std::size_t i = 0; i < counts_.size(); ++i) sum += num_of_size(i);
    return sum;
  }
  /// Steps above the bound before `size` and not above its own; size: 0 to kBounds.size().
  std::int64_t num_of_size(std::size_t size) const {
    return counts_.at(size).load(std::memory_order_relaxed);
  }

 private:
  std::array<std::atomic<std::int64_t>, kBounds.size() + 1> counts_{};
  std::atomic<std::int64_t> num_tokens_{0};
};

}  // namespace octavo
