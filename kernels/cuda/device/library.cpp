#include "kernels/cuda/device/library.hpp"

#include <dlfcn.h>

#include "kernels/cuda/device/check.hpp"

namespace octavo::kernels::cuda {

Library::Library(const std::string& name) : name_(name) {
  for (const std::string& path :
       {name, std::string(OCTAVO_CUDA_LIBRARIES) + "/" + name, "/usr/local/cuda/lib64/" + name}) {
    handle_ = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (handle_ != nullptr) return;
  }
  record_failure("dlopen", __FILE__, __LINE__,
                 name +
                     " is missing: install the CUDA toolkit's libraries or add their folder to "
                     "LD_LIBRARY_PATH");
}

void* Library::symbol(const char* name) const {
  void* found = handle_ != nullptr ? ::dlsym(handle_, name) : nullptr;
  if (found == nullptr && handle_ != nullptr)
    record_failure("dlsym", __FILE__, __LINE__, name_ + " has no " + name);
  return found;
}

}  // namespace octavo::kernels::cuda
