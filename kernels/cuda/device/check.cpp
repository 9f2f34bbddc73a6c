#include "kernels/cuda/device/check.hpp"

#include <cstring>
#include <mutex>

#include "kernels/cuda/device/runtime.hpp"

namespace octavo::kernels::cuda {
namespace {

std::mutex failure_mutex;
std::string failure;

}  // namespace

void record_failure(const char* expression, const char* file, int line, const std::string& what) {
  const std::lock_guard lock(failure_mutex);
  if (!failure.empty()) return;
  const char* name = std::strrchr(file, '/');
  failure = std::string(expression) + " at " + (name != nullptr ? name + 1 : file) + ":" +
            std::to_string(line) + ": " + what;
}

std::string first_failure() {
  const std::lock_guard lock(failure_mutex);
  return failure;
}

void use_device(int ordinal) {
  thread_local int current = -1;
  if (current == ordinal) return;
  OCTAVO_CUDA(cudaSetDevice(ordinal));
  current = ordinal;
}

}  // namespace octavo::kernels::cuda
