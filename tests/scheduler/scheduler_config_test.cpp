#include "src/scheduler/scheduler_config.hpp"

#include "tests/support/catch.hpp"

using namespace octavo;

TEST_CASE("a sequence is no longer than the context, nor than the whole cache") {
  struct Case {
    std::int32_t num_blocks, block_size, max_model_len, longest;
  };
  const auto each = GENERATE(values<Case>({{0, 16, 100, 0},
                                           {6, 16, 100, 96},
                                           {7, 16, 100, 100},
                                           {100, 1, 100, 100},
                                           {99, 1, 100, 99},
                                           {1 << 26, 1 << 10, 100, 100}}));  // 2^36 slots.
  SchedulerConfig config;
  config.num_blocks = each.num_blocks;
  config.block_size = each.block_size;
  config.max_model_len = each.max_model_len;
  CHECK(config.max_tokens_per_sequence() == each.longest);
}

TEST_CASE("the block manager is built for the same blocks, with its own secret") {
  SchedulerConfig config;
  config.num_blocks = 7;
  config.num_host_blocks = 5;
  config.block_size = 8;
  const CacheConfig cache = config.cache(42);
  CHECK(cache.num_blocks == 7);
  CHECK(cache.num_host_blocks == 5);
  CHECK(cache.block_size == 8);
  CHECK(cache.secret == 42);
  CHECK(config.cache().secret == 0);
}

TEST_CASE("prefixes are cached where that is asked for and blocks can be shared") {
  for (const KvAllocator allocator : {KvAllocator::kPaged, KvAllocator::kOrcaMax,
                                      KvAllocator::kOrcaPow2, KvAllocator::kOrcaOracle}) {
    SchedulerConfig config;
    config.kv_allocator = allocator;
    CHECK(config.is_paged() == (allocator == KvAllocator::kPaged));
    CHECK(config.cache().enable_prefix_caching == (allocator == KvAllocator::kPaged));
    config.enable_prefix_caching = false;
    CHECK_FALSE(config.cache().enable_prefix_caching);
  }
}
