// When a device did something, on the host's clock.
#pragma once

#include <chrono>

namespace octavo::kernels {

struct DeviceSpan {
  std::chrono::steady_clock::time_point begin{};
  std::chrono::steady_clock::time_point end{};
  std::chrono::nanoseconds length() const { return end - begin; }
};

}  // namespace octavo::kernels
