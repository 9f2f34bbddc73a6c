#include "src/scheduler/reservation_pool.hpp"

#include "src/core/block_count.hpp"

namespace octavo {

ReservationPool::ReservationPool(const SchedulerConfig& config)
    : config_(config), buddies_(config.is_paged() ? 0 : config.num_blocks) {}

bool ReservationPool::reserve(SequenceGroup& group, std::int32_t num_free) {
  const std::int32_t max_tokens = group.sequences.front()->sampling.max_tokens;
  const std::int32_t num_blocks =
      blocks_for(reserved_tokens(config_.kv_allocator, group.num_prompt_tokens(), max_tokens,
                                 config_.max_tokens_per_sequence()),
                 config_.block_size);
  std::int32_t num_in_all = 0;
  for (const auto& each : group.sequences) {
    each->reservation = buddies_.allocate(num_blocks);
    num_in_all += num_blocks;
    if (each->reservation && num_in_all <= num_free) continue;
    for (const auto& other : group.sequences) release(*other);
    return false;
  }
  return true;
}

void ReservationPool::release(Sequence& sequence) {
  if (sequence.reservation) buddies_.release(*sequence.reservation);
  sequence.reservation.reset();
}

}  // namespace octavo
