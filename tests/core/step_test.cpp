// The small values that plans, blocks and ids are made of.
#include "src/core/step.hpp"

#include <algorithm>
#include <type_traits>
#include <unordered_set>
#include <vector>

#include "src/core/block_count.hpp"
#include "src/core/block_map.hpp"
#include "src/core/split_mix.hpp"
#include "tests/support/catch.hpp"

using namespace octavo;

namespace {

constexpr TransferId transfer(std::uint64_t step, std::uint64_t request,
                              TransferDirection direction) {
  return {StepId{step}, RequestId{request}, direction};
}

}  // namespace

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

TEST_CASE("neighbouring numbers are spread as SplitMix64 spreads them") {
  // The first three outputs of its authors' generator, which begins at 0.
  constexpr std::uint64_t kStep = 0x9E3779B97F4A7C15ULL;
  CHECK(split_mix(0) == 0xE220A8397B1DCDAFULL);
  CHECK(split_mix(kStep) == 0x6E789E6AA1B965F4ULL);
  CHECK(split_mix(2 * kStep) == 0x06C45D188009454FULL);
}

TEST_CASE("transfers go by their step, then by their request, then out before in") {
  const std::vector<TransferId> ordered{
      transfer(1, 0, TransferDirection::kPromote), transfer(1, 2, TransferDirection::kDemote),
      transfer(1, 2, TransferDirection::kPromote), transfer(1, 3, TransferDirection::kDemote),
      transfer(2, 0, TransferDirection::kDemote)};
  std::vector<TransferId> sorted(ordered.rbegin(), ordered.rend());
  std::sort(sorted.begin(), sorted.end());
  CHECK(sorted == ordered);
}

TEST_CASE("ids are values that are compared, ordered and kept in sets") {
  CHECK(StepId{} == StepId{0});
  CHECK(StepId{1} < StepId{2});
  CHECK(BlockId{-1} < BlockId{0});
  const std::unordered_set<SequenceId> ids{SequenceId{1}, SequenceId{2}, SequenceId{1}};
  CHECK(ids.size() == 2);
  CHECK(ids.count(SequenceId{2}) == 1);
  CHECK(ids.count(SequenceId{3}) == 0);
}

TEST_CASE("no id is taken for another, nor a number for an id") {
  CHECK_FALSE(std::is_convertible_v<SequenceId, RequestId>);
  CHECK_FALSE(std::is_constructible_v<SequenceId, RequestId>);
  CHECK_FALSE(std::is_convertible_v<std::uint64_t, SequenceId>);
  CHECK_FALSE(std::is_convertible_v<SequenceId, std::uint64_t>);
}

TEST_CASE("two views of a block are the same when nothing of it has changed") {
  BlockView view;
  view.id = BlockId{3};
  view.requests = {RequestId{1}};
  CHECK(view == BlockView{view});
  const auto differs = [&](const auto& change) {
    BlockView other = view;
    change(other);
    return !(other == view);
  };
  CHECK(differs([](BlockView& v) { v.tier = Tier::kHost; }));
  CHECK(differs([](BlockView& v) { v.id = BlockId{4}; }));
  CHECK(differs([](BlockView& v) { v.state = BlockState::kCached; }));
  CHECK(differs([](BlockView& v) { v.num_holders = 1; }));
  CHECK(differs([](BlockView& v) { v.requests.push_back(RequestId{2}); }));
  CHECK(differs([](BlockView& v) { v.last_used = StepId{1}; }));
}
