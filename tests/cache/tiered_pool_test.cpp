#include "src/cache/tiered_pool.hpp"

#include "tests/support/catch.hpp"

using namespace octavo;

TEST_CASE("a block that moves to the other tier keeps the requests and the step of its last use") {
  TieredPool pools(4, 4, 4, 1);
  const BlockId source = pools.take(Tier::kDevice, RequestId{5}, StepId{7});
  pools.share(Tier::kDevice, source, RequestId{6}, StepId{8});
  const BlockId destination = pools.take(Tier::kHost, RequestId{}, StepId{9});
  pools.inherit_use(Tier::kDevice, source, Tier::kHost, destination);
  const BlockView view = pools.view(Tier::kHost, destination);
  CHECK(view.requests == pools.view(Tier::kDevice, source).requests);
  CHECK(view.requests.size() == 2);
  CHECK(view.last_used == StepId{8});
}

TEST_CASE("what changes while somebody looks is told once, and nothing of it when nobody does") {
  TieredPool pools(4, 0, 4, 1);
  pools.set_observed(true);
  const BlockId block = pools.take(Tier::kDevice, RequestId{1}, StepId{1});
  pools.release(Tier::kDevice, block);
  CHECK(pools.take_changed().size() == 1);
  CHECK(pools.take_changed().empty());
  pools.take(Tier::kDevice, RequestId{1}, StepId{2});
  CHECK(pools.take_changed().size() == 1);
  pools.set_observed(false);
  pools.take(Tier::kDevice, RequestId{1}, StepId{3});
  CHECK(pools.take_changed().empty());
}

TEST_CASE("the oldest content leaves when a block is taken and none is free") {
  TieredPool pools(1, 0, 4, 1);
  const std::vector<TokenId> tokens{1, 2, 3, 4};
  const BlockId block = pools.take(Tier::kDevice, RequestId{1}, StepId{1});
  PrefixPosition position = pools.index().next(pools.index().root(0), tokens);
  position.content = pools.index().insert(position, {}, tokens);
  pools.enter(Tier::kDevice, block, position.content);
  pools.release(Tier::kDevice, block);
  CHECK(pools.pool(Tier::kDevice).num_cached() == 1);
  CHECK(pools.take(Tier::kDevice, RequestId{2}, StepId{2}) == block);
  CHECK_FALSE(pools.index().is_known(position.content));
  CHECK(pools.fault().empty());
}
