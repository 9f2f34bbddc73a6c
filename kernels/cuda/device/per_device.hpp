// What must be asked or set once for every device of the process, a kernel's attributes for
// instance: CUDA keeps them per device, and one process may use several.
#pragma once

#include <cuda_runtime_api.h>

#include <array>
#include <cstddef>
#include <mutex>

#include "kernels/cuda/device/check.hpp"

namespace octavo::kernels::cuda {

template <class Value>
class PerDevice {
 public:
  /// The calling thread's device's value, made by the first call for it. Thread: any.
  template <class Make>
  const Value& get(const Make& make) {
    int device = 0;
    OCTAVO_CUDA(cudaGetDevice(&device));
    Entry& entry = entries_[static_cast<std::size_t>(device) % entries_.size()];
    std::call_once(entry.once, [&] { entry.value = make(); });
    return entry.value;
  }

 private:
  static constexpr std::size_t kMaxDevices = 64;
  struct Entry {
    std::once_flag once;
    Value value{};
  };
  std::array<Entry, kMaxDevices> entries_;
};

}  // namespace octavo::kernels::cuda
