// The metrics page, the load feed and the health check show numbers that the engine's actors own.
// Asking an actor for each look would put work into its mailbox; so each actor writes its numbers
// here, and whoever wants them reads them from any thread. The numbers are written one by one while
// the engine goes on: two of them may stem from different steps. No decision depends on them.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>

#include "src/core/span_sink.hpp"
#include "src/core/step_sizes.hpp"

namespace octavo {

struct EngineStatus {
  /// How a tier's blocks are used, written by the block manager.
  struct TierStatus {
    std::atomic<std::int32_t> num_blocks{0};
    std::atomic<std::int32_t> num_available{0};  ///< Free or cached: a plan may take them.
    std::atomic<std::int32_t> num_cached{0};
    std::atomic<std::int32_t> num_in_transfer{0};

    std::int32_t num_used() const { return num_blocks.load() - num_available.load(); }
    /// The share of the blocks in use, 0 to 1.
    double usage() const {
      const std::int32_t all = num_blocks.load();
      return all > 0 ? static_cast<double>(num_used()) / all : 0.0;
    }
  };

  std::int32_t block_size = 16;  ///< Tokens; set before the actors start.

  /// Longest that a step may be on its way; set before the actors start.
  std::chrono::nanoseconds step_limit{std::chrono::seconds(60)};

  // Written by the scheduler.
  /// Since when a step has been awaited, on the steady clock; 0: none is on its way.
  std::atomic<std::int64_t> awaiting_since_ns{0};
  std::atomic<std::int32_t> num_running{0};    ///< Sequences in the batch.
  std::atomic<std::int32_t> num_waiting{0};    ///< Sequences that wait for admission.
  std::atomic<std::int32_t> num_preempted{0};  ///< Requests, by either mode, that wait to return.
  std::atomic<std::int32_t> num_swapped{0};    ///< Requests whose blocks were moved out.

  // Written by the I/O thread.
  std::atomic<std::int64_t> io_loop_lag_ns{0};  ///< Its worst lateness within the last seconds.

  // Written by the block manager.
  TierStatus device;
  TierStatus host;
  std::atomic<std::int64_t> num_tokens_held{0};  ///< Slots on the device that hold a token.

  // Totals since the start, each written by one of the two.
  std::atomic<std::int64_t> num_preemptions_swap{0};
  std::atomic<std::int64_t> num_preemptions_recompute{0};
  std::atomic<std::int64_t> num_prefix_queries{0};  ///< Tokens looked for in the prefix cache.
  std::atomic<std::int64_t> num_prefix_hits{0};     ///< Tokens found there.
  std::atomic<std::int64_t> num_blocks_demoted{0};
  std::atomic<std::int64_t> num_blocks_promoted{0};
  StepSizes steps;                                     ///< Planned.
  std::atomic<std::int64_t> num_completion_tokens{0};  ///< Sampled or forced.
  std::atomic<std::int64_t> num_forced_tokens{0};  ///< Appended because a constraint forced them.

  std::atomic<bool> healthy{true};  ///< False once an actor of the ring has died.
  SpanSink* spans = nullptr;        ///< Is given when who worked; set before the actors start.

  /// The share of the slots in used blocks of the device that hold no token. Slots that sequences
  /// share hold the tokens of several: nothing is wasted there, and the answer is 0.
  double waste() const {
    const double num_slots = static_cast<double>(device.num_used()) * block_size;
    const auto num_filled = static_cast<double>(num_tokens_held.load());
    return num_slots > 0 ? std::max(0.0, 1.0 - num_filled / num_slots) : 0.0;
  }

  /// A step has not come back for too long: a driver hangs, or a thread is gone.
  bool is_stuck(std::chrono::steady_clock::time_point now) const {
    const std::chrono::nanoseconds since(awaiting_since_ns.load(std::memory_order_relaxed));
    return since.count() != 0 && now.time_since_epoch() - since > step_limit;
  }
  /// The engine answers, as far as anybody can tell.
  bool is_alive(std::chrono::steady_clock::time_point now) const {
    return healthy.load() && !is_stuck(now);
  }
};

}  // namespace octavo
