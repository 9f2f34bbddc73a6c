// GPUs of one host that share a model: what each computed of a layer is summed over all of them.
// NCCL does it, on each device's compute stream, so that the sums are part of the recorded steps.
#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>
#include <string>
#include <vector>

#include "kernels/backend.hpp"

struct ncclComm;

namespace octavo::kernels {

class CudaGroup {
 public:
  /// `error` is empty when all is well.
  CudaGroup(const std::vector<int>& devices, std::string& error);
  ~CudaGroup();
  CudaGroup(const CudaGroup&) = delete;
  CudaGroup& operator=(const CudaGroup&) = delete;

  int size() const { return static_cast<int>(communicators_.size()); }
  /// In place; every rank must call it, from a thread of its own.
  void all_reduce(int rank, void* values, std::int64_t count, DType dtype, cudaStream_t stream);
  /// gathered: [size][count]
  void all_gather(int rank, const float* own, float* gathered, std::int64_t count,
                  cudaStream_t stream);

 private:
  std::vector<ncclComm*> communicators_;
};

}  // namespace octavo::kernels
