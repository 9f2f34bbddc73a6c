// How long a thread may compile: the library cannot be interrupted and knows no limit, and within
// 64 KiB there are expressions that take it minutes. It is asked at allocations, which the library
// makes all the while.
#pragma once

#include <time.h>

#include <chrono>
#include <new>

#include "src/core/allocation_watch.hpp"

namespace octavo {

class CompileBudget final : public AllocationWatch {
 public:
  /// What ends a compilation whose time is up.
  class Over : public std::bad_alloc {
   public:
    const char* what() const noexcept override { return "the compilation takes too long"; }
  };

  /// limit: processor time of the calling thread, from now on.
  explicit CompileBudget(std::chrono::nanoseconds limit) : end_(processor_time() + limit) {}

  void before_allocation(std::size_t) override {
    if (++num_allocations_ % kAllocationsPerLook == 0 && processor_time() > end_) throw Over();
  }

 private:
  static constexpr unsigned kAllocationsPerLook = 64;  // To look is a call of the system.

  static std::chrono::nanoseconds processor_time() {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
  }

  std::chrono::nanoseconds end_;
  unsigned num_allocations_ = 0;
};

}  // namespace octavo
