// Engines of every shape, small enough that memory is always short.
#pragma once

#include <random>

#include "src/scheduler/scheduler_config.hpp"

namespace octavo::testing {

inline SchedulerConfig random_engine(std::mt19937_64& random) {
  const auto pick = [&](int low, int high) {
    return std::uniform_int_distribution<int>(low, high)(random);
  };
  SchedulerConfig config;
  config.block_size = pick(1, 9);
  config.num_blocks = pick(4, 60);
  config.num_host_blocks = pick(0, 2) == 0 ? 0 : pick(1, 80);
  config.max_model_len = pick(8, 200);
  config.max_num_seqs = pick(1, 12);
  config.max_num_batched_tokens = pick(1, 40);
  config.max_steps_in_flight = pick(1, 3);
  config.max_num_waiting = 20;
  config.eos_token_ids = {3};
  config.queue_policy = static_cast<QueuePolicyName>(pick(0, 2));
  config.enable_prefix_caching = pick(0, 3) > 0;
  if (pick(0, 1) == 0)
    config.preemption_mode = pick(0, 1) == 0 ? PreemptionMode::kSwap : PreemptionMode::kRecompute;
  if (pick(0, 5) == 0) {
    config.kv_allocator = static_cast<KvAllocator>(pick(1, 3));
    config.num_host_blocks = 0;
  }
  return config;
}

}  // namespace octavo::testing
