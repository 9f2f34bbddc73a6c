#include "src/core/split_mix.hpp"

#include "tests/support/catch.hpp"

using namespace octavo;

TEST_CASE("neighbouring numbers are spread as SplitMix64 spreads them") {
  // The first three outputs of its authors' generator, which begins at 0.
  constexpr std::uint64_t kStep = 0x9E3779B97F4A7C15ULL;
  CHECK(split_mix(0) == 0xE220A8397B1DCDAFULL);
  CHECK(split_mix(kStep) == 0x6E789E6AA1B965F4ULL);
  CHECK(split_mix(2 * kStep) == 0x06C45D188009454FULL);
}
