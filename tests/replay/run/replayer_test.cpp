#include "src/replay/run/replayer.hpp"

#include <algorithm>

#include "src/replay/trace/arrivals.hpp"
#include "src/replay/trace/length_mix.hpp"
#include "tests/support/catch.hpp"

using namespace octavo;

namespace {

const CostModel& opt_13b() {
  static const CostModel cost(*model_shape_named("opt-13b"));
  return cost;
}

ReplayConfig config_of(std::int32_t num_blocks) {
  ReplayConfig config;
  config.engine.num_blocks = num_blocks;
  config.engine.max_num_seqs = 1024;
  config.engine.max_num_batched_tokens = 32768;
  return config;
}

Outcome replay(const Trace& trace, ReplayConfig config,
               KvAllocator allocator = KvAllocator::kPaged) {
  config.allocator = allocator;
  auto outcome = Replayer(trace, opt_13b(), config).run();
  INFO((outcome ? std::string() : outcome.error().message()));
  REQUIRE(outcome.has_value());
  return std::move(*outcome);
}

Trace trace_of(std::vector<TraceRequest> requests) {
  Trace trace;
  trace.name = "test";
  trace.requests = std::move(requests);
  return trace;
}

}  // namespace

TEST_CASE("every request gets all of its tokens, and the memory is always accounted for whole") {
  const Trace trace = draw_mix(kShareGptMix, 120, 3);
  std::int64_t num_output = 0;
  for (const TraceRequest& request : trace.requests) num_output += request.num_output;
  const Outcome outcome = replay(trace, config_of(300));
  CHECK(outcome.num_requests == 120);
  CHECK(outcome.num_rejected == 0);
  CHECK(outcome.num_output_tokens == num_output);
  CHECK(outcome.was_bound);
  const auto whole = [](const MemorySplit& split) {
    CHECK(split.external == 0);
    CHECK(split.tokens + split.reserved + split.internal + split.idle == Approx(1.0));
    for (const double share : {split.tokens, split.reserved, split.internal, split.idle})
      CHECK(share >= -1e-9);
  };
  whole(outcome.memory);
  for (const TimelinePoint& point : outcome.timeline) whole(point.memory);
  CHECK(outcome.pool.blocks.size() == 300);
  CHECK(outcome.num_preempted_by_recompute > 0);
}

TEST_CASE("the same replay twice is the same to the last bit") {
  const Trace trace = draw_mix(kAlpacaMix, 200, 3);
  const Outcome one = replay(trace, config_of(60));
  const Outcome two = replay(trace, config_of(60));
  CHECK(one.seconds == two.seconds);
  CHECK(one.num_steps == two.num_steps);
  CHECK(one.memory.tokens == two.memory.tokens);
  CHECK(one.normalized_latency_s_mean == two.normalized_latency_s_mean);
}

TEST_CASE("time jumps over idle gaps, and latency counts from arrival") {
  const Trace trace = trace_of({{0, 10, 5, 0, 0}, {1000, 10, 5, 0, 0}});
  const Outcome outcome = replay(trace, config_of(64));
  CHECK(outcome.seconds > 1000);
  CHECK(outcome.seconds < 1001);
  CHECK(outcome.num_steps < 20);
  CHECK(outcome.normalized_latency_s_mean < 0.1);
  CHECK_FALSE(outcome.was_bound);
  CHECK(outcome.batched_peak == 1);
}

TEST_CASE("what is longer than the context or the pool is rejected and counted") {
  ReplayConfig config = config_of(64);
  config.engine.max_model_len = 200;
  const Outcome outcome =
      replay(trace_of({{0, 150, 50, 0, 0}, {0, 151, 50, 0, 0}, {0, 5, 900, 0, 0}}), config);
  CHECK(outcome.num_requests == 1);
  CHECK(outcome.num_rejected == 2);
  config.engine.max_model_len = 4096;
  CHECK(replay(trace_of({{0, 1000, 25, 0, 0}}), config).num_rejected == 1);
}

TEST_CASE("the waste of paging is under half a block a sequence") {
  const Outcome outcome = replay(draw_mix(kShareGptMix, 200, 5), config_of(983));
  CHECK(outcome.waste_blocks_per_sequence > 0.3);
  CHECK(outcome.waste_blocks_per_sequence < 0.5);
}

// The figures of Kwon et al. 2023, figures 2 and 13: OPT-13B in 12 GB, ShareGPT.
TEST_CASE("paging holds what the paper says that it holds, and more than twice Orca's best") {
  const Trace trace = draw_mix(kShareGptMix, 600, 1);
  const ReplayConfig config = config_of(983);
  const Outcome paged = replay(trace, config);
  CHECK(paged.memory.tokens >= 0.963);

  const Outcome max = replay(trace, config, KvAllocator::kOrcaMax);
  const Outcome pow2 = replay(trace, config, KvAllocator::kOrcaPow2);
  const Outcome oracle = replay(trace, config, KvAllocator::kOrcaOracle);
  CHECK(max.memory.tokens == Approx(0.204).margin(0.05));
  CHECK(pow2.memory.tokens == Approx(0.268).margin(0.05));
  CHECK(oracle.memory.tokens == Approx(0.382).margin(0.05));
  CHECK(max.memory.external == Approx(0.089).margin(0.02));
  CHECK(oracle.memory.internal < 0.02);
  for (const Outcome* each : {&max, &pow2, &oracle}) {
    const MemorySplit& split = each->memory;
    CHECK(split.tokens + split.reserved + split.internal + split.external == Approx(1.0));
    CHECK(each->num_requests == 600);
    CHECK(each->num_preempted_by_recompute + each->num_preempted_by_swap == 0);
    CHECK(each->normalized_latency_s_mean > paged.normalized_latency_s_mean);
  }
  CHECK(max.batched_peak == 7);
  CHECK(paged.batched_mean >= 2.2 * oracle.batched_mean);
  CHECK(paged.batched_mean >= 4.3 * max.batched_mean);
}

TEST_CASE("prompts that begin alike are found in the prefix cache, and others are not") {
  Trace trace = trace_of({});
  trace.hash_span = 512;
  for (std::uint64_t i = 0; i < 20; ++i) {
    trace.hashes.push_back(0);
    trace.hashes.push_back(1000 + i);
    trace.requests.push_back(
        {100.0 * static_cast<double>(i), 1024, 10, static_cast<std::uint32_t>(2 * i), 2});
  }
  const Outcome outcome = replay(trace, config_of(983));
  CHECK(outcome.prefix_hit_fraction == Approx(0.5 * 19 / 20));
  trace.hashes.assign(40, 0);
  for (std::size_t i = 0; i < 40; ++i) trace.hashes[i] = i;
  CHECK(replay(trace, config_of(983)).prefix_hit_fraction == 0);
}
