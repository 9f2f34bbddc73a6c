#include <algorithm>
#include <iterator>

#include "hwy/highway.h"
#include "kernels/cpu/fast_backend.hpp"
#include "kernels/cpu/reference_backend.hpp"

namespace octavo::kernels::cpu {

std::vector<InstructionSet> instruction_sets() {
  std::vector<InstructionSet> sets;
  const std::int64_t targets = hwy::SupportedTargets() & HWY_TARGETS;
  for (std::int64_t bit = std::int64_t{1} << 62; bit != 0; bit >>= 1) {
    if ((targets & bit) != 0) sets.push_back({hwy::TargetName(bit), bit, Bf16Products::kHighway});
  }
#if HWY_ARCH_X86
  if (has_avx512_bf16() && (targets & HWY_AVX3) != 0) {
    sets.push_back({"AVX3_BF16", HWY_AVX3, Bf16Products::kAvx512});
    if (has_amx_bf16()) sets.push_back({"AVX3_AMX", HWY_AVX3, Bf16Products::kAmx});
  }
#endif
  return sets;
}

}  // namespace octavo::kernels::cpu

namespace octavo::kernels {

std::vector<std::string> cpu_instruction_sets() {
  std::vector<std::string> names{"reference"};
  for (cpu::InstructionSet& set : cpu::instruction_sets()) names.push_back(std::move(set.name));
  return names;
}

std::unique_ptr<Backend> make_cpu_backend(const CpuOptions& options) {
  std::vector<cpu::InstructionSet> sets = cpu::instruction_sets();
  const std::string& wanted = options.instruction_set;
  const auto found =
      wanted.empty() ? (sets.empty() ? sets.end() : std::prev(sets.end()))
                     : std::find_if(sets.begin(), sets.end(), [&](const cpu::InstructionSet& set) {
                         return set.name == wanted;
                       });
  if (found != sets.end()) return std::make_unique<cpu::FastBackend>(*found, options.threads);
  if (wanted.empty() || wanted == "reference") return std::make_unique<cpu::ReferenceBackend>();
  return nullptr;
}

}  // namespace octavo::kernels
