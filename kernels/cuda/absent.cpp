// A build without CUDA.
#include "kernels/backend.hpp"

namespace octavo::kernels {

namespace {

void explain(std::string* why) {
  if (why != nullptr) {
    *why =
        "this build has no CUDA: make cuda-toolkit installs the compiler, make build then uses it";
  }
}

}  // namespace

std::vector<CudaDevice> cuda_devices(std::string* why) {
  explain(why);
  return {};
}

std::shared_ptr<CudaGroup> make_cuda_group(const std::vector<int>&, std::string* why) {
  explain(why);
  return nullptr;
}

std::unique_ptr<Backend> make_cuda_backend(const CudaOptions&, std::string* why) {
  explain(why);
  return nullptr;
}

}  // namespace octavo::kernels
