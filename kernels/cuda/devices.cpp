#include <algorithm>

#include "kernels/cuda/cuda_backend.hpp"

namespace octavo::kernels {
namespace {

/// Older ones lack bfloat16 arithmetic and asynchronous copies into shared memory.
constexpr int kLeastMajor = 8;

std::string describe(const cudaDeviceProp& properties, int ordinal) {
  return "cuda:" + std::to_string(ordinal) + ", " + properties.name + ", " +
         std::to_string(properties.multiProcessorCount) + " multiprocessors";
}

void explain(std::string* why, const std::string& text) {
  if (why != nullptr) *why = text;
}

}  // namespace

std::vector<CudaDevice> cuda_devices(std::string* why) {
  int count = 0;
  if (const cudaError_t status = cudaGetDeviceCount(&count); status != cudaSuccess) {
    const bool has_no_driver = status == cudaErrorInsufficientDriver || status == cudaErrorNoDevice;
    explain(why, has_no_driver
                     ? std::string("there is no NVIDIA GPU, or its driver is older than CUDA 13")
                     : std::string("no GPU can be used: ") + cudaGetErrorString(status));
    return {};
  }
  std::vector<CudaDevice> devices;
  for (int i = 0; i < count; ++i) {
    cudaDeviceProp properties{};
    if (cudaGetDeviceProperties(&properties, i) != cudaSuccess) continue;
    if (properties.major < kLeastMajor) {
      explain(why, std::string(properties.name) + " is older than compute capability 8.0");
      continue;
    }
    devices.push_back({i, properties.name, {properties.totalGlobalMem, 0}});
  }
  return devices;
}

std::unique_ptr<Backend> make_cuda_backend(const CudaOptions& options, std::string* why) {
  cudaDeviceProp properties{};
  if (const cudaError_t status = cudaGetDeviceProperties(&properties, options.device);
      status != cudaSuccess) {
    explain(why, cudaGetErrorString(status));
    return nullptr;
  }
  cuda::use_device(options.device);
  auto backend = std::make_unique<cuda::CudaBackend>(options, describe(properties, options.device));
  if (const std::string fault = backend->fault(); !fault.empty()) {
    explain(why, fault);
    return nullptr;
  }
  return backend;
}

}  // namespace octavo::kernels
