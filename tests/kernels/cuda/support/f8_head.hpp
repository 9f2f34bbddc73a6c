// What a head of values is in a cache of 8-bit floats.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <vector>

#include "kernels/host/half.hpp"
#include "kernels/tensor.hpp"

namespace octavo::kernels {

struct F8Head {
  std::vector<std::uint8_t> elements;
  std::uint8_t scale = 0;
};

inline F8Head f8_head(const std::vector<float>& values) {
  float largest = 0.0F;
  for (const float value : values) largest = std::max(largest, std::abs(value));
  F8Head head;
  head.scale = f8_scale_of(std::bit_cast<std::uint32_t>(largest));
  for (const float value : values) {
    head.elements.push_back(from_float<F8>(value / f8_scale(head.scale)).bits);
  }
  return head;
}

}  // namespace octavo::kernels
