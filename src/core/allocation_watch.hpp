// Somebody who is asked before each allocation of a thread. A library that computes without a pause
// cannot be stopped from outside, but it allocates all the while, and an exception from there ends
// it as a lack of memory would. Programs that link watched_new.cpp ask; in others, such as those
// that embed the engine and have allocators of their own, nobody is asked. Thread: its own.
#pragma once

#include <cstddef>
#include <new>
#include <utility>

namespace octavo {

class AllocationWatch {
 public:
  virtual ~AllocationWatch() = default;

  /// Throws std::bad_alloc, or what is derived from it, where the allocation must not be made.
  virtual void before_allocation(std::size_t num_bytes) = 0;
};

namespace detail {
inline constinit thread_local AllocationWatch* allocation_watch = nullptr;
}

/// Has the watch asked for as long as it lives, in place of the one that was asked until now.
class WatchedAllocations {
 public:
  explicit WatchedAllocations(AllocationWatch& watch)
      : before_(std::exchange(detail::allocation_watch, &watch)) {}
  ~WatchedAllocations() { detail::allocation_watch = before_; }
  WatchedAllocations(const WatchedAllocations&) = delete;
  WatchedAllocations& operator=(const WatchedAllocations&) = delete;

 private:
  AllocationWatch* before_;
};

}  // namespace octavo
