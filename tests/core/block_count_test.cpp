#include "src/core/block_count.hpp"

#include "tests/support/catch.hpp"

using namespace octavo;

TEST_CASE("a token takes a block, a full block no second one") {
  struct Case {
    std::int64_t num_tokens;
    std::int32_t block_size, num_blocks;
  };
  const auto each = GENERATE(
      values<Case>({{0, 16, 0}, {1, 16, 1}, {15, 16, 1}, {16, 16, 1}, {17, 16, 2}, {7, 1, 7}}));
  CHECK(blocks_for(each.num_tokens, each.block_size) == each.num_blocks);
}

TEST_CASE("tokens are counted in 64 bits, so that many long sequences have their blocks") {
  constexpr std::int64_t kTokens = std::int64_t{3} << 31;
  CHECK(blocks_for(kTokens, 16) == 3 << 27);
  CHECK(blocks_for(kTokens + 1, 16) == (3 << 27) + 1);
}
