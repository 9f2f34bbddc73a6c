// A few rows need memory, not operations, and plain vectors stream memory better than AMX does.
// These tiles compute the very bits of `TDPBF16PS` without it: within 32 columns even and odd ones
// each sum in a chain of fused multiply-adds from zero, the two meet, and the result joins the sum;
// all with denormals as zero (Intel SDM, volume 2, TDPBF16PS).
//
// Compiled with AVX-512 on, so nothing here may be an inline function of a shared header.
#include "kernels/cpu/linear.hpp"

#if defined(__AVX512BF16__)
#include <immintrin.h>

namespace octavo::kernels::cpu {
namespace {

constexpr std::int64_t kTileSteps = 16;

/// What the tile unit does to denormals, for as long as it lives.
class DenormalsAreZero {
 public:
  DenormalsAreZero() { _mm_setcsr(before_ | 0x8040U); }
  ~DenormalsAreZero() { _mm_setcsr(before_); }
  DenormalsAreZero(const DenormalsAreZero&) = delete;
  DenormalsAreZero& operator=(const DenormalsAreZero&) = delete;

 private:
  unsigned before_ = _mm_getcsr();
};

inline __m512 even_of(__m512i pairs) { return _mm512_castsi512_ps(_mm512_slli_epi32(pairs, 16)); }
inline __m512 odd_of(__m512i pairs) {
  return _mm512_castsi512_ps(
      _mm512_and_si512(pairs, _mm512_set1_epi32(static_cast<int>(0xFFFF0000U))));
}

/// The 32 columns from step `k` on of R rows and G groups, even and odd sums met.
template <int R, int G>
inline void multiply(const TileArgs& args, std::int64_t k, __m512 (&met)[G][R]) {
  constexpr std::int64_t kAhead = 32;
  __m512 even[G][R];
  __m512 odd[G][R];
  for (int g = 0; g < G; ++g) {
    for (int r = 0; r < R; ++r) even[g][r] = odd[g][r] = _mm512_setzero_ps();
  }
  for (std::int64_t step = k; step < k + kTileSteps; ++step) {
    __m512 w_even[G];
    __m512 w_odd[G];
    for (int g = 0; g < G; ++g) {
      const std::byte* line =
          args.weights + static_cast<std::size_t>(g) * args.group_bytes + step * 64;
      _mm_prefetch(reinterpret_cast<const char*>(line + kAhead * 64), _MM_HINT_T0);
      const __m512i pairs = _mm512_load_si512(line);
      w_even[g] = even_of(pairs);
      w_odd[g] = odd_of(pairs);
    }
    for (int r = 0; r < R; ++r) {
      const auto* words = static_cast<const std::uint32_t*>(args.inputs[r]);
      const __m512i pair = _mm512_set1_epi32(static_cast<int>(words[step]));
      const __m512 x_even = even_of(pair);
      const __m512 x_odd = odd_of(pair);
      for (int g = 0; g < G; ++g) {
        even[g][r] = _mm512_fmadd_ps(x_even, w_even[g], even[g][r]);
        odd[g][r] = _mm512_fmadd_ps(x_odd, w_odd[g], odd[g][r]);
      }
    }
  }
  for (int g = 0; g < G; ++g) {
    for (int r = 0; r < R; ++r) met[g][r] = _mm512_add_ps(even[g][r], odd[g][r]);
  }
}

template <int R, int G>
void tile(const TileArgs& args) {
  const DenormalsAreZero as_amx;
  __m512 acc[G][R];
  for (int g = 0; g < G; ++g) {
    for (int r = 0; r < R; ++r) {
      acc[g][r] = args.first ? _mm512_setzero_ps()
                             : _mm512_loadu_ps(args.sums + r * args.sums_stride + g * 16);
    }
  }
  for (std::int64_t k = 0; k < args.num_steps; k += kTileSteps) {
    __m512 met[G][R];
    multiply<R, G>(args, k, met);
    for (int g = 0; g < G; ++g) {
      for (int r = 0; r < R; ++r) acc[g][r] = _mm512_add_ps(acc[g][r], met[g][r]);
    }
  }
  for (int g = 0; g < G; ++g) {
    for (int r = 0; r < R; ++r) {
      _mm512_storeu_ps(args.sums + r * args.sums_stride + g * 16, acc[g][r]);
    }
  }
}

}  // namespace

void use_amx_sums_for_few(TileSet& set) {
  set.tiles[1] = {&tile<1, 4>, &tile<1, 1>, 1, 4};
  set.tiles[2] = {&tile<2, 4>, &tile<2, 1>, 2, 4};
  set.tiles[3] = {&tile<3, 2>, &tile<3, 1>, 3, 2};
  set.tiles[4] = {&tile<4, 2>, &tile<4, 1>, 4, 2};
}

}  // namespace octavo::kernels::cpu

#else

namespace octavo::kernels::cpu {

void use_amx_sums_for_few(TileSet&) {}

}  // namespace octavo::kernels::cpu
#endif
