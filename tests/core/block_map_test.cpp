#include "src/core/block_map.hpp"

#include "tests/support/catch.hpp"

using namespace octavo;

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
