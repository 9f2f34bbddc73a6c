#include "kernels/cpu/reference_backend.hpp"

namespace octavo::kernels {

std::unique_ptr<Backend> make_cpu_backend(const CpuOptions&) {
  return std::make_unique<ReferenceBackend>();
}

}  // namespace octavo::kernels
