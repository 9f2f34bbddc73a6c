#include "kernels/host/philox.hpp"

#include <set>

#include "tests/support/catch.hpp"

using namespace octavo::kernels;

using Words = std::array<std::uint32_t, 4>;

TEST_CASE("the generator gives the words that its authors publish") {
  struct Case {
    Words counter;
    std::uint64_t key;
    Words expected;
  };
  // Known answers of Random123 for philox4x32-10.
  const auto [counter, key, expected] =
      GENERATE(Case{{0, 0, 0, 0}, 0, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
               Case{{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
                    0xffffffffffffffff,
                    {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
               Case{{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
                    0x299f31d0a4093822,
                    {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}});
  CHECK(philox(counter, key) == expected);
}

TEST_CASE("a draw is the upper 53 bits of the generator's first two words") {
  const std::uint64_t bits = 0x6627e8d5e169c58dU >> 11;
  CHECK(uniform_draw(0, 0) == static_cast<double>(bits) / 9007199254740992.0);
  static_assert(uniform_draw(0, 0) == uniform_draw(0, 0));
}

TEST_CASE("all bits of seed and position change the draw") {
  std::set<double> draws{uniform_draw(0, 0)};
  for (int bit = 0; bit < 64; ++bit) {
    draws.insert(uniform_draw(std::uint64_t{1} << bit, 0));
    draws.insert(uniform_draw(0, std::uint64_t{1} << bit));
  }
  CHECK(draws.size() == 129);
}

TEST_CASE("draws lie in [0, 1) and fill it evenly") {
  constexpr int kDraws = 40'000;
  std::array<int, 16> counts{};
  for (std::uint64_t position = 0; position < kDraws; ++position) {
    const double draw = uniform_draw(7, position);
    REQUIRE(draw >= 0.0);
    REQUIRE(draw < 1.0);
    ++counts[static_cast<std::size_t>(draw * 16.0)];
  }
  // The mean is 2500 with a deviation of 48: five deviations.
  for (const int count : counts) CHECK(std::abs(count - kDraws / 16) < 242);
}
