// The end of a step, as a thread can sleep until it. cudaEventSynchronize would do, but it cannot
// give up, and a step that never ends must not hold the process; asking again and again would keep
// a core busy for the whole step. So the driver is asked to call when the step has ended, on a
// stream of its own, because a call holds up the stream that it stands in.
//
// After an error of the device there is no call. The sleeper looks for that now and then.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>

#include "kernels/cuda/device/runtime.hpp"

namespace octavo::kernels::cuda {

class StepEnd {
 public:
  StepEnd() = default;
  StepEnd(const StepEnd&) = delete;
  StepEnd& operator=(const StepEnd&) = delete;

  /// The step is what `compute` has been given so far. `calls` is the stream of the driver's calls;
  /// it must have been waited for before this is destroyed.
  void record(cudaStream_t compute, cudaStream_t calls);
  /// Sleeps until the step has ended (cudaSuccess), the device has failed (its error), or `timeout`
  /// is over or something else of CUDA's has failed meanwhile (cudaErrorNotReady). Thread: any.
  cudaError_t wait(std::chrono::milliseconds timeout);
  const Event& event() const { return event_; }

 private:
  static void CUDART_CB hear(void* self);

  Event event_;
  std::mutex mutex_;
  std::condition_variable called_;
  std::uint64_t num_recorded_ = 0;
  std::uint64_t num_called_ = 0;
};

}  // namespace octavo::kernels::cuda
