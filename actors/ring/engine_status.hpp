// What the engine's actors let the rest of the house see without asking: gauges and counters, each
// written by one actor and read by the metrics page from any thread. Numbers only; no decision
// depends on them.
#pragma once

#include <atomic>
#include <cstdint>

#include "src/core/span_sink.hpp"

namespace octavo {

struct EngineStatus {
  std::atomic<std::int32_t> num_running{0};
  std::atomic<std::int32_t> num_waiting{0};
  std::atomic<std::int32_t> num_preempted{0};    ///< By either way, waiting to return.
  std::atomic<std::int32_t> num_swapped{0};      ///< Groups whose blocks were moved out.
  std::atomic<std::int32_t> num_blocks{0};       ///< Blocks on the device.
  std::atomic<std::int32_t> num_free_blocks{0};  ///< Free or cached: what a plan may take.
  std::atomic<std::int32_t> num_cached_blocks{0};
  std::atomic<std::int32_t> num_blocks_in_transfer{0};
  std::atomic<std::int32_t> num_host_blocks{0};
  std::atomic<std::int32_t> num_free_host_blocks{0};  ///< Free or cached.
  std::atomic<std::int32_t> num_cached_host_blocks{0};
  std::atomic<std::int32_t> num_host_blocks_in_transfer{0};
  std::atomic<std::int64_t> num_tokens_held{0};
  // Totals since the start.
  std::atomic<std::int64_t> num_preemptions_swap{0};
  std::atomic<std::int64_t> num_preemptions_recompute{0};
  std::atomic<std::int64_t> num_prefix_queries{0};  ///< Tokens looked for in the prefix cache.
  std::atomic<std::int64_t> num_prefix_hits{0};     ///< Tokens found there.
  std::atomic<std::int64_t> num_blocks_demoted{0};
  std::atomic<std::int64_t> num_blocks_promoted{0};
  std::atomic<std::int64_t> num_steps{0};
  std::atomic<std::int64_t> num_scheduled_tokens{0};
  std::atomic<std::int64_t> num_sampled_tokens{0};
  std::atomic<bool> audit_ok{true};  ///< What the last audit found.
  std::atomic<bool> healthy{true};   ///< False once an actor of the ring has died.
  SpanSink* spans = nullptr;  ///< Hears when who worked; set before the actors start. May be null.
};

}  // namespace octavo
