#include "kernels/cpu/logits.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/logits_simd.cpp"
#include "hwy/foreach_target.h"
// After foreach_target.h:
#include "hwy/contrib/math/math-inl.h"
#include "hwy/highway.h"
#include "kernels/cpu/dispatch.hpp"
#include "kernels/cpu/simd-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace octavo::kernels::cpu::HWY_NAMESPACE {
namespace {

float largest(const float* logits, std::int64_t count) {
  const D d;
  const V nothing = hn::Set(d, -std::numeric_limits<float>::infinity());
  V most = nothing;
  V more = nothing;
  std::int64_t i = 0;
  for (; i + 2 * kLanes <= count; i += 2 * kLanes) {
    const V a = hn::LoadU(d, logits + i);
    const V b = hn::LoadU(d, logits + i + kLanes);
    most = hn::IfThenElse(hn::Gt(a, most), a, most);
    more = hn::IfThenElse(hn::Gt(b, more), b, more);
  }
  float best = hn::GetLane(hn::MaxOfLanes(d, hn::Max(most, more)));
  for (; i < count; ++i) best = logits[i] > best ? logits[i] : best;
  return best;
}

std::int64_t find(const float* logits, std::int64_t count, float value) {
  const D d;
  const V wanted = hn::Set(d, value);
  std::int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    const auto found = hn::FindFirstTrue(d, hn::Eq(hn::LoadU(d, logits + i), wanted));
    if (found >= 0) return i + static_cast<std::int64_t>(found);
  }
  for (; i < count; ++i) {
    if (logits[i] == value) return i;
  }
  return -1;
}

/// float32 lanes over a block, float64 over the blocks.
double sum_exp(const float* logits, std::int64_t count, float largest, float scale) {
  double total = 0.0;
  for (std::int64_t begin = 0; begin < count; begin += kLogitBlock) {
    V lanes = hn::Zero(D());
    float rest = 0.0F;
    for_lanes(std::min(kLogitBlock, count - begin), [&](auto d, std::int64_t i) HWY_ATTR {
      const auto x = hn::Sub(hn::LoadU(d, logits + begin + i), hn::Set(d, largest));
      const auto e = hn::Exp(d, hn::Mul(x, hn::Set(d, scale)));
      if constexpr (std::is_same_v<decltype(d), D>) {
        lanes = hn::Add(lanes, e);
      } else {
        rest += hn::GetLane(e);
      }
    });
    total += static_cast<double>(hn::GetLane(hn::SumOfLanes(D(), lanes)) + rest);
  }
  return total;
}

void collect(const float* logits, std::int64_t count, float least, std::vector<Candidate>& output) {
  const D d;
  const V bound = hn::Set(d, least);
  const auto take = [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      if (logits[i] >= least) output.push_back({logits[i], static_cast<std::int32_t>(i)});
    }
  };
  std::int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    if (!hn::AllFalse(d, hn::Ge(hn::LoadU(d, logits + i), bound))) take(i, i + kLanes);
  }
  take(i, count);
}

LogitKernels make_logit_kernels() { return {largest, find, sum_exp, collect}; }

}  // namespace
}  // namespace octavo::kernels::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
OCTAVO_EXPORT_KERNELS(LogitKernels, logit_kernels, make_logit_kernels)
#endif
