// The limits that the scheduler plans within, and the policies it plans by.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include "src/core/cache_config.hpp"
#include "src/core/ids.hpp"
#include "src/core/step.hpp"
#include "src/scheduler/queue_policy.hpp"
#include "src/scheduler/reservation.hpp"

namespace octavo {

struct SchedulerConfig {
  std::int32_t num_blocks = 0;
  std::int32_t num_host_blocks = 0;  ///< 0: nothing can be moved out.
  std::int32_t block_size = 16;
  std::int32_t max_model_len = 2048;          ///< Prompt and completion together.
  std::int32_t max_num_seqs = 256;            ///< Sequences in one batch.
  std::int32_t max_num_batched_tokens = 512;  ///< Token budget of a step.
  std::int32_t max_num_waiting =
      8192;  ///< Sequences in the queue; more are refused with kQueueFull.
  std::int64_t max_waiting_tokens = std::int64_t{1} << 50;  ///< Of their prompts, likewise.
  /// Who would wait longer, by the measured rate, is refused likewise, and who has waited longer
  /// ends by its deadline; 0: no limit.
  std::chrono::nanoseconds max_queue_wait{0};
  std::int32_t max_steps_in_flight = 2;
  /// While sequences decode, a step takes no more prefill than fits this time by the measured rate.
  std::chrono::nanoseconds target_step_time = std::chrono::milliseconds(250);
  std::vector<TokenId> eos_token_ids;
  std::uint64_t seed = 0;  ///< For requests that bring no seed of their own.
  QueuePolicyName queue_policy = QueuePolicyName::kFcfs;
  std::optional<PreemptionMode> preemption_mode;  ///< Unset: the cheaper by measured rates.
  KvAllocator kv_allocator = KvAllocator::kPaged;
  bool enable_prefix_caching = true;

  bool is_paged() const { return kv_allocator == KvAllocator::kPaged; }
  /// The longest sequence that the model's context and the whole cache allow.
  std::int32_t max_tokens_per_sequence() const {
    const std::int64_t slots = std::int64_t{num_blocks} * block_size;
    return static_cast<std::int32_t>(std::min<std::int64_t>(max_model_len, slots));
  }

  /// What the block manager on the other side of the ring must be built with.
  CacheConfig cache(std::uint64_t secret = 0) const {
    return {num_blocks, num_host_blocks, block_size, enable_prefix_caching && is_paged(), secret};
  }
};

}  // namespace octavo
