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
  CHECK(pool.fault().empty());
}

TEST_CASE("a block with two holders is free after both have let go") {
  BlockPool pool(1);
  const BlockId block = *pool.allocate();
  pool.retain(block);
  pool.release(block);
  CHECK(pool.num_free() == 0);
  pool.release(block);
  CHECK(pool.num_free() == 1);
  CHECK(pool.fault().empty());
}

TEST_CASE("an empty pool is a pool") {
  BlockPool pool(0);
  CHECK_FALSE(pool.allocate().has_value());
  CHECK(pool.fault().empty());
}

TEST_CASE("a block whose content is kept is cached when released, and oldest first in line") {
  BlockPool pool(3);
  const BlockId a = *pool.allocate();
  const BlockId b = *pool.allocate();
  pool.keep_content(a);
  pool.keep_content(b);
  pool.release(b);
  pool.release(a);
  CHECK(pool.num_cached() == 2);
  CHECK(pool.num_available() == 3);
  CHECK(pool.oldest_cached() == b);
  pool.retain(b);
  CHECK(pool.oldest_cached() == a);
  pool.release(b);
  pool.drop_content(a);
  CHECK(pool.num_free() == 2);
  CHECK(pool.oldest_cached() == b);
  CHECK(pool.fault().empty());
}

TEST_CASE("a block in transfer is neither free nor cached before the copy has ended") {
  BlockPool pool(1);
  const BlockId block = *pool.allocate();
  pool.begin_transfer(block);
  pool.release(block);
  CHECK(pool.num_available() == 0);
  CHECK(pool.num_in_transfer() == 1);
  CHECK_FALSE(pool.allocate().has_value());
  SECTION("then it is free") {
    pool.end_transfer(block);
    CHECK(pool.num_free() == 1);
  }
  SECTION("or cached, with a content worth keeping") {
    pool.keep_content(block);
    pool.end_transfer(block);
    CHECK(pool.num_cached() == 1);
  }
  SECTION("or owned, by whoever took it meanwhile") {
    pool.retain(block);
    pool.end_transfer(block);
    CHECK(pool.num_owned() == 1);
    CHECK(pool.num_holders(block) == 1);
  }
  CHECK(pool.fault().empty());
}
