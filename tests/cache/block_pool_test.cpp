#include "src/cache/block_pool.hpp"

#include "tests/support/catch.hpp"

using namespace octavo;

TEST_CASE("a pool hands out every block once and then none") {
  BlockPool pool(3);
  CHECK(pool.allocate() == BlockId{0});
  CHECK(pool.allocate() == BlockId{1});
  CHECK(pool.allocate() == BlockId{2});
  CHECK_FALSE(pool.allocate().has_value());
  CHECK(pool.num_free() == 0);
  CHECK(pool.is_consistent());
}

TEST_CASE("a block with two holders is free after both have let go") {
  BlockPool pool(1);
  const BlockId block = *pool.allocate();
  pool.retain(block);
  pool.release(block);
  CHECK(pool.num_free() == 0);
  pool.release(block);
  CHECK(pool.num_free() == 1);
  CHECK(pool.is_consistent());
}

TEST_CASE("an empty pool is a pool") {
  BlockPool pool(0);
  CHECK_FALSE(pool.allocate().has_value());
  CHECK(pool.is_consistent());
}
