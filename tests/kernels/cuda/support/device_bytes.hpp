// Matrices of any type on a device and back, as the tests of products need them.
#pragma once

#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <cuda_runtime_api.h>

#include <cstring>
#include <vector>

#include "kernels/tensor.hpp"
#include "tests/support/catch.hpp"

namespace octavo::kernels::cuda {

using Bytes = std::vector<unsigned char>;

template <class T, class Convert>
void put(Bytes& bytes, std::size_t i, float value, Convert convert) {
  const T x = convert(value);
  std::memcpy(&bytes[i * sizeof(T)], &x, sizeof(T));
}

template <class T, class Convert>
float get(const Bytes& bytes, std::size_t i, Convert convert) {
  T x;
  std::memcpy(&x, &bytes[i * sizeof(T)], sizeof(T));
  return convert(x);
}

/// As the device sees it; and back.
inline Bytes encode(const std::vector<float>& values, DType dtype) {
  Bytes bytes(values.size() * size_of(dtype));
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (dtype == DType::kF32) put<float>(bytes, i, values[i], [](float x) { return x; });
    if (dtype == DType::kF16) put<__half>(bytes, i, values[i], __float2half);
    if (dtype == DType::kBF16) put<__nv_bfloat16>(bytes, i, values[i], __float2bfloat16);
  }
  return bytes;
}

inline std::vector<float> decode(const Bytes& bytes, DType dtype) {
  std::vector<float> values(bytes.size() / size_of(dtype));
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (dtype == DType::kF32) values[i] = get<float>(bytes, i, [](float x) { return x; });
    if (dtype == DType::kF16) values[i] = get<__half>(bytes, i, __half2float);
    if (dtype == DType::kBF16) values[i] = get<__nv_bfloat16>(bytes, i, __bfloat162float);
  }
  return values;
}

class DeviceBytes {
 public:
  explicit DeviceBytes(std::size_t bytes) : bytes_(bytes) {
    REQUIRE(cudaMalloc(&data_, bytes) == cudaSuccess);
    poison();
  }
  explicit DeviceBytes(const Bytes& host) : DeviceBytes(host.size()) {
    REQUIRE(cudaMemcpy(data_, host.data(), bytes_, cudaMemcpyHostToDevice) == cudaSuccess);
  }
  ~DeviceBytes() { cudaFree(data_); }
  DeviceBytes(const DeviceBytes&) = delete;
  DeviceBytes& operator=(const DeviceBytes&) = delete;

  template <class T = void>
  T* data() const {
    return static_cast<T*>(data_);
  }
  /// Every element a NaN: what is not written shows.
  void poison() const { REQUIRE(cudaMemset(data_, 0xFF, bytes_) == cudaSuccess); }
  Bytes read() const {
    Bytes host(bytes_);
    REQUIRE(cudaMemcpy(host.data(), data_, bytes_, cudaMemcpyDeviceToHost) == cudaSuccess);
    return host;
  }

 private:
  void* data_ = nullptr;
  std::size_t bytes_;
};

}  // namespace octavo::kernels::cuda
