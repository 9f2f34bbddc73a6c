#include "kernels/cuda/device/group.hpp"

#include <optional>

#if __has_include(<nccl.h>)
#include <nccl.h>
#endif

#include "kernels/cuda/device/check.hpp"
#include "kernels/cuda/device/library.hpp"

namespace octavo::kernels {

#if __has_include(<nccl.h>)

namespace {

/// NCCL's functions, from the library that the first group loads.
struct Nccl {
  cuda::Library library{"libnccl.so.2"};
  decltype(&::ncclCommInitAll) init_all = find<decltype(&::ncclCommInitAll)>("ncclCommInitAll");
  decltype(&::ncclCommDestroy) destroy = find<decltype(&::ncclCommDestroy)>("ncclCommDestroy");
  decltype(&::ncclAllReduce) all_reduce = find<decltype(&::ncclAllReduce)>("ncclAllReduce");
  decltype(&::ncclAllGather) all_gather = find<decltype(&::ncclAllGather)>("ncclAllGather");
  decltype(&::ncclGetErrorString) describe =
      find<decltype(&::ncclGetErrorString)>("ncclGetErrorString");

  template <class Function>
  Function find(const char* name) const {
    return reinterpret_cast<Function>(library.symbol(name));
  }
};

Nccl& nccl() {
  static Nccl loaded;
  return loaded;
}

bool check(ncclResult_t status, const char* expression, int line) {
  if (status == ncclSuccess) return true;
  cuda::record_failure(expression, __FILE__, line, nccl().describe(status));
  return false;
}

/// Only the types that activations have: 8-bit floats would have to be summed in another.
std::optional<ncclDataType_t> nccl_type(DType dtype) {
  switch (dtype) {
    case DType::kF32:
      return ncclFloat32;
    case DType::kF16:
      return ncclFloat16;
    case DType::kBF16:
      return ncclBfloat16;
    case DType::kF8:
      break;
  }
  return std::nullopt;
}

}  // namespace

CudaGroup::CudaGroup(const std::vector<int>& devices, std::string& error) {
  if (nccl().init_all == nullptr) {
    error = cuda::first_failure();
    return;
  }
  communicators_.resize(devices.size());
  const ncclResult_t status =
      nccl().init_all(communicators_.data(), static_cast<int>(devices.size()), devices.data());
  if (status == ncclSuccess) return;
  error = std::string("NCCL: ") + nccl().describe(status);
  communicators_.clear();
}

CudaGroup::~CudaGroup() {
  for (ncclComm* each : communicators_) nccl().destroy(each);
}

void CudaGroup::all_reduce(int rank, void* values, std::int64_t count, DType dtype,
                           cudaStream_t stream) {
  const std::optional<ncclDataType_t> type = nccl_type(dtype);
  if (!type) {
    cuda::record_failure(
        "all_reduce", __FILE__, __LINE__,
        "values of type " + std::string(name_of(dtype)) + " cannot be summed over devices");
    return;
  }
  check(nccl().all_reduce(values, values, static_cast<std::size_t>(count), *type, ncclSum,
                          communicators_[static_cast<std::size_t>(rank)], stream),
        "ncclAllReduce", __LINE__);
}

void CudaGroup::all_gather(int rank, const float* own, float* gathered, std::int64_t count,
                           cudaStream_t stream) {
  check(nccl().all_gather(own, gathered, static_cast<std::size_t>(count), ncclFloat32,
                          communicators_[static_cast<std::size_t>(rank)], stream),
        "ncclAllGather", __LINE__);
}

#else

CudaGroup::CudaGroup(const std::vector<int>&, std::string& error) {
  error = "this build has no NCCL: build it where nccl.h is";
}
CudaGroup::~CudaGroup() = default;
void CudaGroup::all_reduce(int, void*, std::int64_t, DType, cudaStream_t) {}
void CudaGroup::all_gather(int, const float*, float*, std::int64_t, cudaStream_t) {}

#endif

std::shared_ptr<CudaGroup> make_cuda_group(const std::vector<int>& devices, std::string* why) {
  std::string error;
  auto group = std::make_shared<CudaGroup>(devices, error);
  if (error.empty()) return group;
  if (why != nullptr) *why = error;
  return nullptr;
}

}  // namespace octavo::kernels
