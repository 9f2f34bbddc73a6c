// The few things of CUDA's runtime that must not leak, as values that clean up after themselves.
#pragma once

#include <cuda_runtime_api.h>

#include <cstddef>
#include <utility>

#include "kernels/cuda/device/check.hpp"

namespace octavo::kernels::cuda {

/// Makes `ordinal` the calling thread's device.
void use_device(int ordinal);

class Stream {
 public:
  Stream() { OCTAVO_CUDA(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking)); }
  ~Stream() {
    if (stream_ != nullptr) cudaStreamDestroy(stream_);
  }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  operator cudaStream_t() const { return stream_; }

 private:
  cudaStream_t stream_ = nullptr;
};

/// A point in a stream's order. With times, so that two of them show how long what lies between
/// took.
class Event {
 public:
  /// How a thread waits: kSpin notices the end at once and keeps a core busy until then; kSleep
  /// costs some ten microseconds more and no core.
  enum class Wait { kSpin, kSleep };

  explicit Event(Wait wait = Wait::kSpin) {
    OCTAVO_CUDA(cudaEventCreateWithFlags(
        &event_, wait == Wait::kSleep ? cudaEventBlockingSync : cudaEventDefault));
  }
  ~Event() {
    if (event_ != nullptr) cudaEventDestroy(event_);
  }
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;
  operator cudaEvent_t() const { return event_; }
  void record(cudaStream_t stream) { OCTAVO_CUDA(cudaEventRecord(event_, stream)); }
  bool has_happened() const { return cudaEventQuery(event_) != cudaErrorNotReady; }
  void wait() const { OCTAVO_CUDA(cudaEventSynchronize(event_)); }

 private:
  cudaEvent_t event_ = nullptr;
};

/// Memory that CUDA gave, on the device or pinned on the host; not zeroed.
class Memory {
 public:
  enum class Place { kDevice, kHost };
  Memory() = default;
  /// Empty when there is not enough.
  Memory(Place place, std::size_t bytes) : place_(place), bytes_(bytes) {
    const cudaError_t status =
        place == Place::kDevice ? cudaMalloc(&data_, bytes) : cudaMallocHost(&data_, bytes);
    if (status == cudaSuccess) return;
    data_ = nullptr;
    bytes_ = 0;
    cudaGetLastError();
  }
  Memory(Memory&& other) noexcept { swap(other); }
  Memory& operator=(Memory&& other) noexcept {
    Memory(std::move(other)).swap(*this);
    return *this;
  }
  ~Memory() {
    if (data_ == nullptr) return;
    if (place_ == Place::kDevice)
      cudaFree(data_);
    else
      cudaFreeHost(data_);
  }
  void swap(Memory& other) noexcept {
    std::swap(place_, other.place_);
    std::swap(data_, other.data_);
    std::swap(bytes_, other.bytes_);
  }
  std::byte* data() const { return static_cast<std::byte*>(data_); }
  std::size_t bytes() const { return bytes_; }

 private:
  Place place_ = Place::kDevice;
  void* data_ = nullptr;
  std::size_t bytes_ = 0;
};

}  // namespace octavo::kernels::cuda
