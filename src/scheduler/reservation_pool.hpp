// The contiguous reservations of the allocators that paging is compared with: each sequence of a
// group gets one range of neighbouring blocks before it starts, or the group waits. Where a range
// lies is decided here and not by the block manager, because admission depends on where the holes
// are.
#pragma once

#include <cstdint>

#include "src/scheduler/buddy_allocator.hpp"
#include "src/scheduler/scheduler_config.hpp"
#include "src/scheduler/sequence.hpp"

namespace octavo {

class ReservationPool {
 public:
  /// The config outlives the pool.
  explicit ReservationPool(const SchedulerConfig& config);

  /// A range for every sequence of the group, or for none of them. num_free: blocks of a sequence
  /// that has just ended are free here one round before they are in the credits.
  bool reserve(SequenceGroup& group, std::int32_t num_free);
  void release(Sequence& sequence);

 private:
  const SchedulerConfig& config_;
  BuddyAllocator buddies_;
};

}  // namespace octavo
