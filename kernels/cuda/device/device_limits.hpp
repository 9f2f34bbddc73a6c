// What kernels are chosen by: the generation of the device, and what one of its multiprocessors
// has.
#pragma once

namespace octavo::kernels::cuda {

/// All zeros where the device could not be asked.
struct DeviceLimits {
  int compute_capability = 0;  ///< Ten times the major version, and the minor one.
  int multiprocessors = 0;
  int shared_per_block = 0;  ///< Bytes that a block may ask for.
  int shared_per_multiprocessor = 0;
};

/// The limits of the calling thread's device; asked for once a device.
const DeviceLimits& device_limits();

/// True when the device launches dependents early (compute capability 9.0). All devices of one host
/// are taken to be alike.
bool has_dependent_launch();

}  // namespace octavo::kernels::cuda
