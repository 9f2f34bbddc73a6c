// Arrays on the device that free themselves, for the tests of GPU kernels. (Thrust's device_vector
// cannot be made in a file that the host's compiler compiles.)
#pragma once

#include <cuda_runtime_api.h>

#include <cstddef>
#include <vector>

#include "kernels/cuda/device/check.hpp"
#include "tests/support/catch.hpp"

namespace octavo::kernels::cuda {

template <class T>
class DeviceArray {
 public:
  /// Poisoned.
  explicit DeviceArray(std::size_t size) : size_(size) {
    REQUIRE(cudaMalloc(&data_, size * sizeof(T) + 1) == cudaSuccess);
    poison();
  }
  explicit DeviceArray(const std::vector<T>& values) : DeviceArray(values.size()) { set(values); }
  DeviceArray(const DeviceArray&) = delete;
  DeviceArray& operator=(const DeviceArray&) = delete;
  ~DeviceArray() { cudaFree(data_); }

  /// Waits for the device.
  std::vector<T> get() const {
    std::vector<T> values(size_);
    REQUIRE(cudaDeviceSynchronize() == cudaSuccess);
    REQUIRE(cudaMemcpy(values.data(), data_, size_ * sizeof(T), cudaMemcpyDeviceToHost) ==
            cudaSuccess);
    REQUIRE(first_failure().empty());
    return values;
  }
  void set(const std::vector<T>& values) const {
    REQUIRE(cudaMemcpy(data_, values.data(), values.size() * sizeof(T), cudaMemcpyHostToDevice) ==
            cudaSuccess);
  }
  void set_bytes(int byte) const {
    REQUIRE(cudaMemset(data_, byte, size_ * sizeof(T)) == cudaSuccess);
  }
  /// Every float a NaN, of any type: what is not written shows.
  void poison() const { set_bytes(0xFF); }

  T* data() const { return static_cast<T*>(data_); }
  /// The same memory, for a type that only the test knows.
  template <class U>
  U* as() const {
    return static_cast<U*>(data_);
  }

 private:
  void* data_ = nullptr;
  std::size_t size_;
};

}  // namespace octavo::kernels::cuda
