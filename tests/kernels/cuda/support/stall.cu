#include "tests/kernels/cuda/support/stall.hpp"

#include <cuda_runtime.h>

#include "kernels/cuda/device/check.hpp"

namespace octavo::kernels::cuda {
namespace {

constexpr int kThreads = 1024;  ///< Two blocks fill a multiprocessor.

__global__ void spin(std::int64_t nanoseconds) {
  std::uint64_t begin;
  std::uint64_t now;
  asm volatile("mov.u64 %0, %%globaltimer;" : "=l"(begin));
  do {
    asm volatile("mov.u64 %0, %%globaltimer;" : "=l"(now));
  } while (static_cast<std::int64_t>(now - begin) < nanoseconds);
}

}  // namespace

void stall_device(std::chrono::nanoseconds time) {
  int num_sms = 0;
  int threads_per_sm = 0;
  OCTAVO_CUDA(cudaDeviceGetAttribute(&num_sms, cudaDevAttrMultiProcessorCount, 0));
  OCTAVO_CUDA(cudaDeviceGetAttribute(&threads_per_sm, cudaDevAttrMaxThreadsPerMultiProcessor, 0));
  cudaStream_t stream = nullptr;  // never destroyed: its work outlives the call
  OCTAVO_CUDA(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking));
  spin<<<num_sms*(threads_per_sm / kThreads), kThreads, 0, stream>>>(time.count());
  OCTAVO_CUDA(cudaGetLastError());
}

}  // namespace octavo::kernels::cuda
