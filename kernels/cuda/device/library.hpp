// A library of CUDA's that is loaded when a GPU is used and not before: half a gigabyte of code
// that a process on the CPU should neither wait for nor need to have on its machine.
#pragma once

#include <string>

namespace octavo::kernels::cuda {

class Library {
 public:
  /// Loads `name` by the loader's rules, else from the toolkit's folder that the build saw.
  explicit Library(const std::string& name);
  /// Null when the library or the symbol is not there; the first absence is recorded as a failure.
  void* symbol(const char* name) const;

 private:
  std::string name_;
  void* handle_ = nullptr;
};

}  // namespace octavo::kernels::cuda
