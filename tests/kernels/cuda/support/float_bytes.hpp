// Floats as the bytes of a type of activations or weights, and back.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/host/half.hpp"
#include "kernels/tensor.hpp"

namespace octavo::kernels::cuda {

using Bytes = std::vector<std::uint8_t>;

/// Rounds to nearest.
inline Bytes encode(const std::vector<float>& values, DType dtype) {
  Bytes bytes(values.size() * size_of(dtype));
  for (std::size_t i = 0; i < values.size(); ++i)
    store_element(bytes.data(), dtype, static_cast<std::int64_t>(i), values[i]);
  return bytes;
}

inline std::vector<float> decode(const Bytes& bytes, DType dtype) {
  std::vector<float> values(bytes.size() / size_of(dtype));
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] = load_element(bytes.data(), dtype, static_cast<std::int64_t>(i));
  return values;
}

/// The bytes of `values` in `dtype`; `values` become what those bytes mean.
inline Bytes packed(std::vector<float>& values, DType dtype) {
  Bytes bytes = encode(values, dtype);
  values = decode(bytes, dtype);
  return bytes;
}

}  // namespace octavo::kernels::cuda
