// What the tests of GPU kernels share: arrays on the device that free themselves, and rounding to
// the types of activations on the host.
#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>
#include <vector>

#include "kernels/backend.hpp"
#include "kernels/cuda/device/check.hpp"
#include "kernels/host/half.hpp"
#include "tests/support/catch.hpp"

namespace octavo::kernels::cuda {

template <class T>
class DeviceArray {
 public:
  explicit DeviceArray(std::size_t size) : size_(size) {
    REQUIRE(cudaMalloc(&data_, size * sizeof(T) + 1) == cudaSuccess);
    REQUIRE(cudaMemset(data_, 0x7b, size * sizeof(T)) == cudaSuccess);  // poison
  }
  explicit DeviceArray(const std::vector<T>& values) : DeviceArray(values.size()) { set(values); }
  DeviceArray(const DeviceArray&) = delete;
  DeviceArray& operator=(const DeviceArray&) = delete;
  ~DeviceArray() { cudaFree(data_); }
  void set(const std::vector<T>& values) {
    REQUIRE(cudaMemcpy(data_, values.data(), values.size() * sizeof(T), cudaMemcpyHostToDevice) ==
            cudaSuccess);
  }
  std::vector<T> get() const {
    std::vector<T> values(size_);
    REQUIRE(cudaDeviceSynchronize() == cudaSuccess);
    REQUIRE(cudaMemcpy(values.data(), data_, size_ * sizeof(T), cudaMemcpyDeviceToHost) ==
            cudaSuccess);
    REQUIRE(first_failure().empty());
    return values;
  }
  T* data() const { return static_cast<T*>(data_); }

 private:
  void* data_ = nullptr;
  std::size_t size_;
};

/// The bytes of `values` in `dtype`; `values` become what those bytes mean.
inline std::vector<std::uint8_t> packed(std::vector<float>& values, DType dtype) {
  std::vector<std::uint8_t> bytes(values.size() * size_of(dtype));
  for (std::size_t i = 0; i < values.size(); ++i) {
    store_element(bytes.data(), dtype, static_cast<std::int64_t>(i), values[i]);
    values[i] = load_element(bytes.data(), dtype, static_cast<std::int64_t>(i));
  }
  return bytes;
}

inline std::vector<float> unpacked(const std::vector<std::uint8_t>& bytes, DType dtype) {
  std::vector<float> values(bytes.size() / size_of(dtype));
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] = load_element(bytes.data(), dtype, static_cast<std::int64_t>(i));
  }
  return values;
}

}  // namespace octavo::kernels::cuda
