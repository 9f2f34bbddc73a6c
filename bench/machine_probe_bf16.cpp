// Compiled with AVX-512 BF16 on; called only where the machine has it.
#include "bench/machine_probe.hpp"

#if defined(__AVX512BF16__)
#include <immintrin.h>

namespace octavo::bench {

double bf16_work(long rounds) {
  constexpr int kChains = 16;
  __m512 acc[kChains];
  for (auto& chain : acc) chain = _mm512_set1_ps(1.0F);
  const auto pair = reinterpret_cast<__m512bh>(_mm512_set1_epi32(0x3c003c00));
  for (long i = 0; i < rounds * 1024 / kChains; ++i) {
    for (auto& chain : acc) chain = _mm512_dpbf16_ps(chain, pair, pair);
  }
  __m512 sum = acc[0];
  for (int c = 1; c < kChains; ++c) sum = _mm512_add_ps(sum, acc[c]);
  return static_cast<double>(_mm512_cvtss_f32(sum));
}

}  // namespace octavo::bench

#else

namespace octavo::bench {
double bf16_work(long) { return 0.0; }
}  // namespace octavo::bench
#endif
