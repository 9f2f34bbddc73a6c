// Register tiles on bfloat16 pairs with `vdpbf16ps`: two products per lane and instruction, sums in
// float32. Compiled with AVX-512 BF16 on, so nothing here may be an inline function of a shared
// header: the linker could keep this copy of it for machines without the instructions.
#include "kernels/cpu/linear.hpp"

#if defined(__AVX512BF16__)
#include <immintrin.h>

namespace octavo::kernels::cpu {
namespace {

/// The instruction itself: clang 16 crashes on the intrinsic with pairs that come from memory.
inline void multiply_add(__m512& sum, __m512i weights, __m512i pair) {
  asm("vdpbf16ps %2, %1, %0" : "+v"(sum) : "v"(weights), "v"(pair));
}

template <int R, int G>
void tile(const TileArgs& args) {
  // Unrolled by name: beside an asm statement the compiler would keep the sums in memory.
  constexpr std::int64_t kAhead = 32;
  __m512 acc[G][R];
#pragma GCC unroll 32
  for (int r = 0; r < R; ++r) {
#pragma GCC unroll 4
    for (int g = 0; g < G; ++g) {
      acc[g][r] = args.first ? _mm512_setzero_ps()
                             : _mm512_loadu_ps(args.sums + r * args.sums_stride + g * 16);
    }
  }
  const std::uint32_t* x[R];
#pragma GCC unroll 32
  for (int r = 0; r < R; ++r) x[r] = static_cast<const std::uint32_t*>(args.inputs[r]);
  for (std::int64_t k = 0; k < args.num_steps; ++k) {
    __m512i w[G];
#pragma GCC unroll 4
    for (int g = 0; g < G; ++g) {
      const std::byte* line =
          args.weights + static_cast<std::size_t>(g) * args.group_bytes + k * 64;
      _mm_prefetch(reinterpret_cast<const char*>(line + kAhead * 64), _MM_HINT_T0);
      w[g] = _mm512_load_si512(line);
    }
#pragma GCC unroll 32
    for (int r = 0; r < R; ++r) {
      const __m512i pair = _mm512_set1_epi32(static_cast<int>(x[r][k]));
#pragma GCC unroll 4
      for (int g = 0; g < G; ++g) {
        multiply_add(acc[g][r], w[g], pair);
      }
    }
  }
#pragma GCC unroll 32
  for (int r = 0; r < R; ++r) {
#pragma GCC unroll 4
    for (int g = 0; g < G; ++g)
      _mm512_storeu_ps(args.sums + r * args.sums_stride + g * 16, acc[g][r]);
  }
}

template <int R, int G>
void add_tile(TileSet& set, int from) {
  for (int n = from; n <= R; ++n) set.tiles[n] = {&tile<R, G>, &tile<R, 1>, R, G};
}

__m512 load_columns(const float* input, std::int64_t left) {
  if (left >= 16) return _mm512_loadu_ps(input);
  const auto mask = static_cast<__mmask16>(left > 0 ? (1 << left) - 1 : 0);
  return _mm512_maskz_loadu_ps(mask, input);
}

void round_to_pairs(const float* input, std::int64_t cols, std::uint32_t* output,
                    std::int64_t padded) {
  for (std::int64_t c = 0; c < padded; c += 32) {
    const __m512 low = load_columns(input + c, cols - c);
    const __m512 high = load_columns(input + c + 16, cols - c - 16);
    _mm512_storeu_si512(output + c / 2, reinterpret_cast<__m512i>(_mm512_cvtne2ps_pbh(high, low)));
  }
}

}  // namespace

void use_avx512_bf16(TileSet& set) {
  add_tile<1, 4>(set, 1);
  add_tile<2, 4>(set, 2);
  add_tile<3, 4>(set, 3);
  add_tile<4, 4>(set, 4);
  add_tile<5, 4>(set, 5);
  add_tile<6, 4>(set, 6);
  add_tile<8, 3>(set, 7);
  add_tile<12, 2>(set, 9);
  set.single_pass_rows = 12;
  set.pass_rows = 8;
  set.round_to_pairs = round_to_pairs;
}

bool has_avx512_bf16() {
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx512bf16") && __builtin_cpu_supports("avx512vl");
}

}  // namespace octavo::kernels::cpu

#else

namespace octavo::kernels::cpu {

void use_avx512_bf16(TileSet&) {}
bool has_avx512_bf16() { return false; }

}  // namespace octavo::kernels::cpu
#endif
