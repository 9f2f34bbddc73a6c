#pragma once

#include <chrono>

namespace octavo::kernels::cuda {

/// Keeps every multiprocessor of device 0 busy for so long, so that nothing launched later begins.
/// Returns at once.
void stall_device(std::chrono::nanoseconds time);

}  // namespace octavo::kernels::cuda
