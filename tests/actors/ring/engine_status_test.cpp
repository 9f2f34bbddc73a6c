#include "src/core/engine_status.hpp"

#include "tests/support/catch.hpp"

using namespace octavo;

TEST_CASE("an engine that has done nothing has counted nothing and is well") {
  const EngineStatus status;
  for (const auto* gauge :
       {&status.num_running, &status.num_waiting, &status.num_preempted, &status.num_swapped,
        &status.num_blocks, &status.num_free_blocks, &status.num_cached_blocks,
        &status.num_blocks_in_transfer, &status.num_host_blocks, &status.num_free_host_blocks,
        &status.num_cached_host_blocks, &status.num_host_blocks_in_transfer}) {
    CHECK(gauge->load() == 0);
  }
  for (const auto* total :
       {&status.num_tokens_held, &status.num_preemptions_swap, &status.num_preemptions_recompute,
        &status.num_prefix_queries, &status.num_prefix_hits, &status.num_blocks_demoted,
        &status.num_blocks_promoted, &status.num_steps, &status.num_scheduled_tokens,
        &status.num_sampled_tokens}) {
    CHECK(total->load() == 0);
  }
  CHECK(status.audit_ok.load());
  CHECK(status.healthy.load());
  CHECK(status.spans == nullptr);
}

TEST_CASE("whoever reads a number waits for nobody") {
  CHECK(decltype(EngineStatus::num_running)::is_always_lock_free);
  CHECK(decltype(EngineStatus::num_steps)::is_always_lock_free);
  CHECK(decltype(EngineStatus::healthy)::is_always_lock_free);
}
