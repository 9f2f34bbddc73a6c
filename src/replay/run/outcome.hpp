// What a replay found out about one allocator.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "src/replay/run/memory_account.hpp"
#include "src/scheduler/reservation.hpp"

namespace octavo {

/// Means over a piece of time.
struct TimelinePoint {
  double start_s = 0;
  double length_s = 0;
  MemorySplit memory;  ///< Fractions of the memory.
  double batched = 0;
  double waiting = 0;
};

/// The block pool at one moment.
struct PoolPicture {
  double time_s = 0;
  std::int32_t num_requests = 0;  ///< In memory.
  MemorySplit memory;             ///< Fractions.
  std::vector<MemoryAccount::BlockPicture> blocks;
};

struct Outcome {
  std::string label;  ///< What it is called; empty: by its allocator.
  KvAllocator allocator = KvAllocator::kPaged;
  MemorySplit memory;  ///< Fractions of the KV memory, over the window.
  double batched_mean = 0;
  std::int32_t batched_peak = 0;
  double window_start_s = 0;  ///< The window in which memory was the bound;
  double window_end_s = 0;
  bool was_bound = false;                ///< false: it never was, and the window is the whole run.
  double waste_blocks_per_sequence = 0;  ///< Paged: of the held blocks, slots without a token.
  double saved_fraction = 0;             ///< The share of the tables' blocks that sharing spared.

  double normalized_latency_s_mean = 0;
  double normalized_latency_s_p99 = 0;
  std::int64_t num_preempted_by_swap = 0;
  std::int64_t num_preempted_by_recompute = 0;
  double prefix_hit_fraction = 0;
  std::int64_t num_requests = 0;  ///< Finished.
  std::int64_t num_rejected = 0;  ///< Longer than the context.
  std::int64_t num_output_tokens = 0;
  std::int64_t num_steps = 0;
  double seconds = 0;       ///< Virtual time.
  double wall_seconds = 0;  ///< Real time that the replay took.

  std::vector<TimelinePoint> timeline;
  PoolPicture pool;
};

/// Its label, or its allocator's name.
inline std::string_view name_of(const Outcome& outcome) {
  return outcome.label.empty() ? name_of(outcome.allocator) : std::string_view(outcome.label);
}

}  // namespace octavo
