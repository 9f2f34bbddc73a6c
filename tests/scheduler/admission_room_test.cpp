// How much a request that is taken may generate, and when a group may enter.
#include "src/scheduler/admission.hpp"
#include "tests/scheduler/small_ring.hpp"
#include "tests/support/catch.hpp"

using namespace octavo;
using namespace octavo::testing;

namespace {

std::int32_t room_of(const SchedulerConfig& config, std::size_t num_prompt, std::int32_t n) {
  Request made = request(1, num_prompt, 0);
  made.sampling.n = n;
  return completion_room(config, made);
}

}  // namespace

TEST_CASE("a completion has what the context or the cache leaves of the prompt") {
  SchedulerConfig config = small_config();  // 8 blocks of 4.
  CHECK(room_of(config, 10, 1) == 22);
  CHECK(room_of(config, 31, 1) == 1);
  config.max_model_len = 20;
  CHECK(room_of(config, 10, 1) == 10);
  CHECK(room_of(config, 19, 1) == 1);
}

TEST_CASE("several sequences divide the cache behind the full blocks of their prompt") {
  // Two blocks are shared: 2 + 2 * 3 are the eight, so each sequence ends with its fifth block.
  CHECK(room_of(small_config(), 10, 2) == 10);
  CHECK(room_of(small_config(), 10, 3) == 6);
  CHECK(room_of(small_config(), 10, 6) == 2);
  Request beams = request(1, 10, 0);
  beams.sampling.beam_width = 3;
  CHECK(completion_room(small_config(), beams) == 6);
}

TEST_CASE("a contiguous reservation is as long as the pool has a place for") {
  struct Case {
    KvAllocator allocator;
    std::int32_t n;
    std::int32_t room;
  };
  const auto each = GENERATE(values<Case>({
      {KvAllocator::kOrcaMax, 1, 22},
      {KvAllocator::kOrcaPow2, 1, 22},    // Rounded up, but never beyond the whole pool.
      {KvAllocator::kOrcaPow2, 2, 4},     // 16 slots each: 10 and a power of two.
      {KvAllocator::kOrcaOracle, 1, 22},  //
      {KvAllocator::kOrcaOracle, 2, 6},
  }));
  SchedulerConfig config = small_config();
  config.kv_allocator = each.allocator;
  CAPTURE(name_of(each.allocator), each.n);
  CHECK(room_of(config, 10, each.n) == each.room);
}

TEST_CASE("the room is the largest completion that would not be refused") {
  for (std::int32_t n = 1; n <= 4; ++n) {
    for (std::size_t num_prompt = 1; num_prompt <= 12; ++num_prompt) {
      CAPTURE(n, num_prompt);
      SchedulerConfig config = small_config();
      config.num_blocks = 20;
      Request made = request(1, num_prompt, 0);
      made.sampling.n = n;
      made.sampling.max_tokens = completion_room(config, made);
      CHECK_FALSE(refusal(config, made, {}, {}, kStart));
      ++made.sampling.max_tokens;
      CHECK(refusal(config, made, {}, {}, kStart));
    }
  }
}

TEST_CASE("a group alone may take the last free block, beside others one stays free") {
  const SchedulerConfig config = small_config();
  CHECK(may_enter(config, 3, 3, false));
  CHECK_FALSE(may_enter(config, 4, 3, false));
  CHECK(may_enter(config, 0, 0, false));
  CHECK_FALSE(may_enter(config, 3, 3, true));
  CHECK(may_enter(config, 3, 4, true));
  CHECK_FALSE(may_enter(config, 0, 0, true));
}

TEST_CASE("the watermark is 0.4 percent of the blocks, and never none") {
  struct Case {
    std::int32_t num_blocks;
    std::int32_t watermark;
  };
  const auto each = GENERATE(values<Case>({{1, 1}, {499, 1}, {500, 2}, {1000, 4}, {1249, 4}}));
  SchedulerConfig config = small_config();
  config.num_blocks = each.num_blocks;
  CAPTURE(each.num_blocks);
  CHECK(may_enter(config, 0, each.watermark, true));
  CHECK_FALSE(may_enter(config, 0, each.watermark - 1, true));
}

TEST_CASE("a group that wants more to grow into than there is enters an empty pool") {
  const SchedulerConfig config = small_config();
  CHECK(may_enter(config, 9, 8, false));
  CHECK_FALSE(may_enter(config, 9, 7, false));
  CHECK_FALSE(may_enter(config, 9, 8, true));
}
