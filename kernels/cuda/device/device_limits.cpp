#include "kernels/cuda/device/device_limits.hpp"

#include "kernels/cuda/device/per_device.hpp"

namespace octavo::kernels::cuda {

const DeviceLimits& device_limits() {
  static PerDevice<DeviceLimits> limits;
  return limits.get([] {
    int device = 0;
    int major = 0;
    int minor = 0;
    DeviceLimits found;
    const auto ask = [&](int& value, cudaDeviceAttr what) {
      return OCTAVO_CUDA(cudaDeviceGetAttribute(&value, what, device));
    };
    const bool all =
        OCTAVO_CUDA(cudaGetDevice(&device)) && ask(major, cudaDevAttrComputeCapabilityMajor) &&
        ask(minor, cudaDevAttrComputeCapabilityMinor) &&
        ask(found.multiprocessors, cudaDevAttrMultiProcessorCount) &&
        ask(found.shared_per_block, cudaDevAttrMaxSharedMemoryPerBlockOptin) &&
        ask(found.shared_per_multiprocessor, cudaDevAttrMaxSharedMemoryPerMultiprocessor);
    found.compute_capability = major * 10 + minor;
    return all ? found : DeviceLimits{};
  });
}

bool has_dependent_launch() {
  static const bool answer = device_limits().compute_capability >= 90;
  return answer;
}

}  // namespace octavo::kernels::cuda
