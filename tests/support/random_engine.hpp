// Engines of every shape, small enough that memory is always short.
#pragma once

#include "src/scheduler/scheduler_config.hpp"
#include "tests/support/random.hpp"

namespace octavo::testing {

inline SchedulerConfig random_engine(Random& random) {
  SchedulerConfig config;
  config.block_size = random.pick(1, 9);
  config.num_blocks = random.pick(4, 60);
  const bool has_host_tier = !random.one_in(3);
  if (has_host_tier) config.num_host_blocks = random.pick(1, 80);
  config.max_model_len = random.pick(8, 200);
  config.max_num_seqs = random.pick(1, 12);
  config.max_num_batched_tokens = random.pick(1, 40);
  config.max_steps_in_flight = random.pick(1, 3);
  config.max_num_waiting = 20;
  config.eos_token_ids = {3};
  config.queue_policy = static_cast<QueuePolicyName>(random.pick(0, 2));
  config.enable_prefix_caching = random.pick(0, 3) > 0;
  if (random.one_in(2)) {
    const bool swaps = random.one_in(2);
    config.preemption_mode = swaps ? PreemptionMode::kSwap : PreemptionMode::kRecompute;
  }
  if (random.one_in(6)) {
    config.kv_allocator = static_cast<KvAllocator>(random.pick(1, 3));
    config.num_host_blocks = 0;
  }
  return config;
}

}  // namespace octavo::testing
