// Register tiles of the matrix product with float32 inputs, compiled once per Highway target.
#include "kernels/cpu/linear.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/linear_simd.cpp"
#include "hwy/foreach_target.h"
// After foreach_target.h:
#include "hwy/cache_control.h"
#include "hwy/highway.h"
#include "kernels/cpu/dispatch.hpp"

HWY_BEFORE_NAMESPACE();
namespace octavo::kernels::cpu::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;
using D = hn::CappedTag<float, 16>;
using V = hn::Vec<D>;

constexpr int kLanes = static_cast<int>(hn::MaxLanes(D()));
constexpr int kVectorsPerGroup = static_cast<int>(kGroupRows) / kLanes;
/// Accumulators that fit the registers beside weights and an input.
constexpr int kBudget = kLanes == 16 ? 24 : 12;
constexpr int kMaxRows = kBudget / kVectorsPerGroup;

/// One step of `G` groups into accumulators: how a line is read is the only difference of the
/// types.
template <DType kType, int R, int G>
struct Step;

template <int R, int G>
struct Step<DType::kF32, R, G> {
  static HWY_INLINE void add(const TileArgs& args, std::int64_t k, V (&acc)[R][G]) {
    const D d;
    for (int g = 0; g < G; ++g) {
      const int group = g / kVectorsPerGroup;
      const int lane = g % kVectorsPerGroup * kLanes;
      const auto* line =
          reinterpret_cast<const float*>(args.weights + group * args.group_bytes + k * 64);
      const V w = hn::Load(d, line + lane);
      for (int r = 0; r < R; ++r) {
        const V x = hn::Set(d, static_cast<const float*>(args.inputs[r])[k]);
        acc[r][g] = hn::MulAdd(x, w, acc[r][g]);
      }
    }
  }
};

template <int R, int G>
struct Step<DType::kF16, R, G> {
  static HWY_INLINE void add(const TileArgs& args, std::int64_t k, V (&acc)[R][G]) {
    const D d;
    const hn::Rebind<hwy::float16_t, D> d16;
    for (int g = 0; g < G; ++g) {
      const int group = g / kVectorsPerGroup;
      const int lane = g % kVectorsPerGroup * kLanes;
      const auto* line =
          reinterpret_cast<const hwy::float16_t*>(args.weights + group * args.group_bytes + k * 32);
      const V w = hn::PromoteTo(d, hn::Load(d16, line + lane));
      for (int r = 0; r < R; ++r) {
        const V x = hn::Set(d, static_cast<const float*>(args.inputs[r])[k]);
        acc[r][g] = hn::MulAdd(x, w, acc[r][g]);
      }
    }
  }
};

template <int R, int G>
struct Step<DType::kBF16, R, G> {
  static HWY_INLINE void add(const TileArgs& args, std::int64_t k, V (&acc)[R][G]) {
    const D d;
    const hn::Repartition<std::uint32_t, D> du;
    for (int g = 0; g < G; ++g) {
      const int group = g / kVectorsPerGroup;
      const int lane = g % kVectorsPerGroup * kLanes;
      const auto* line =
          reinterpret_cast<const std::uint32_t*>(args.weights + group * args.group_bytes + k * 64);
      const auto pair = hn::Load(du, line + lane);
      const V even = hn::BitCast(d, hn::ShiftLeft<16>(pair));
      const V odd = hn::BitCast(d, hn::And(pair, hn::Set(du, 0xFFFF0000U)));
      for (int r = 0; r < R; ++r) {
        const float* x = static_cast<const float*>(args.inputs[r]) + 2 * k;
        acc[r][g] = hn::MulAdd(hn::Set(d, x[0]), even, acc[r][g]);
        acc[r][g] = hn::MulAdd(hn::Set(d, x[1]), odd, acc[r][g]);
      }
    }
  }
};

/// R input rows times `kGroups` groups.
template <DType kType, int R, int kGroups>
void tile(const TileArgs& args) {
  constexpr int G = kGroups * kVectorsPerGroup;
  constexpr std::int64_t kAhead = 32;  // lines: far enough for memory, near enough for a page
  constexpr std::int64_t kLine = kType == DType::kF16 ? 32 : 64;
  const D d;
  V acc[R][G];
  for (int r = 0; r < R; ++r) {
    for (int g = 0; g < G; ++g) {
      acc[r][g] =
          args.first ? hn::Zero(d) : hn::LoadU(d, args.sums + r * args.sums_stride + g * kLanes);
    }
  }
  for (std::int64_t k = 0; k < args.num_steps; ++k) {
    for (int g = 0; g < kGroups; ++g) {
      hwy::Prefetch(args.weights + g * args.group_bytes + (k + kAhead) * kLine);
    }
    Step<kType, R, G>::add(args, k, acc);
  }
  for (int r = 0; r < R; ++r) {
    for (int g = 0; g < G; ++g)
      hn::StoreU(acc[r][g], d, args.sums + r * args.sums_stride + g * kLanes);
  }
}

/// Groups that fill the registers beside R rows, at most four streams at once.
constexpr int wide_groups(int rows) {
  const int fit = kBudget / (rows * kVectorsPerGroup);
  return fit > 4 ? 4 : (fit < 1 ? 1 : fit);
}

template <DType kType, int R>
void add_tile(TileSet& set, int from) {
  if constexpr (R <= kMaxRows) {
    constexpr int kGroups = wide_groups(R);
    for (int n = from; n <= R; ++n) {
      set.tiles[n] = {&tile<kType, R, kGroups>, &tile<kType, R, 1>, R, kGroups};
    }
    set.single_pass_rows = R;
    if (R <= 8) set.pass_rows = R;
  }
}

template <DType kType>
TileSet make_tiles() {
  TileSet set;
  add_tile<kType, 1>(set, 1);
  add_tile<kType, 2>(set, 2);
  add_tile<kType, 3>(set, 3);
  add_tile<kType, 4>(set, 4);
  add_tile<kType, 5>(set, 5);
  add_tile<kType, 6>(set, 6);
  add_tile<kType, 8>(set, 7);
  add_tile<kType, 12>(set, 9);
  add_tile<kType, 16>(set, 13);
  add_tile<kType, 24>(set, 17);
  return set;
}

LinearKernels make_kernels() {
  return {make_tiles<DType::kF32>(), make_tiles<DType::kF16>(), make_tiles<DType::kBF16>()};
}

}  // namespace
}  // namespace octavo::kernels::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
OCTAVO_EXPORT_KERNELS(LinearKernels, linear_kernels, make_kernels)
#endif
