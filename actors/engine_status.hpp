// What the engine's actors let the rest of the house see without asking: gauges and counters, each
// written by one actor and read by the metrics page from any thread. Numbers only; no decision
// depends on them.
#pragma once

#include <atomic>
#include <cstdint>

namespace octavo {

struct EngineStatus {
  std::atomic<std::int32_t> num_running{0};
  std::atomic<std::int32_t> num_waiting{0};
  std::atomic<std::int32_t> num_preempted{0};
  std::atomic<std::int32_t> num_blocks{0};
  std::atomic<std::int32_t> num_free_blocks{0};
  std::atomic<std::int32_t> num_host_blocks{0};
  std::atomic<std::int32_t> num_free_host_blocks{0};
  std::atomic<std::int64_t> num_tokens_held{0};
  std::atomic<std::int64_t> num_preemptions{0};
  std::atomic<std::int64_t> num_steps{0};
  std::atomic<std::int64_t> num_scheduled_tokens{0};
  std::atomic<std::int64_t> num_sampled_tokens{0};
  std::atomic<bool> healthy{true};  ///< False once an actor of the ring has died.
};

}  // namespace octavo
