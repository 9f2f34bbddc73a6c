#include "kernels/cuda/step/step_end.hpp"

#include <algorithm>

namespace octavo::kernels::cuda {
namespace {

/// How often a sleeper looks whether the device has failed: no call reports that.
constexpr std::chrono::milliseconds kLook{20};

}  // namespace

void StepEnd::hear(void* self) {
  auto* const end = static_cast<StepEnd*>(self);
  const std::lock_guard lock(end->mutex_);
  ++end->num_called_;
  end->called_.notify_all();
}

void StepEnd::record(cudaStream_t compute, cudaStream_t calls) {
  event_.record(compute);
  if (!OCTAVO_CUDA(cudaStreamWaitEvent(calls, event_)) ||
      !OCTAVO_CUDA(cudaLaunchHostFunc(calls, hear, this))) {
    return;
  }
  const std::lock_guard lock(mutex_);
  ++num_recorded_;
}

cudaError_t StepEnd::wait(std::chrono::milliseconds timeout) {
  const auto until = std::chrono::steady_clock::now() + timeout;
  std::unique_lock lock(mutex_);
  while (num_called_ != num_recorded_) {
    const auto now = std::chrono::steady_clock::now();
    if (now >= until || !first_failure().empty()) break;
    called_.wait_until(lock, std::min(until, now + kLook));
    if (const cudaError_t status = cudaEventQuery(event_); status != cudaErrorNotReady)
      return status;
  }
  return cudaEventQuery(event_);
}

}  // namespace octavo::kernels::cuda
