#include "src/scheduler/reservation.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <string>

namespace octavo {
namespace {

constexpr std::array<std::string_view, 4> kNames{"paged", "orca-max", "orca-pow2", "orca-oracle"};

}  // namespace

std::string_view name_of(KvAllocator allocator) {
  return kNames.at(static_cast<std::size_t>(allocator));
}

Result<KvAllocator> kv_allocator_named(std::string_view name) {
  const auto found = std::find(kNames.begin(), kNames.end(), name);
  if (found == kNames.end()) {
    return Error{Errc::kInvalidValue,
                 "`" + std::string(name) +
                     "` is no allocator: choose paged, orca-max, orca-pow2 or orca-oracle",
                 "kv_allocator"};
  }
  return static_cast<KvAllocator>(found - kNames.begin());
}

std::int32_t reserved_tokens(KvAllocator allocator, std::int32_t num_prompt_tokens,
                             std::int32_t max_tokens, std::int32_t max_model_len) {
  std::int64_t wanted = 0;
  switch (allocator) {
    case KvAllocator::kPaged:
      return 0;
    case KvAllocator::kOrcaMax:
      return max_model_len;
    case KvAllocator::kOrcaPow2:
      wanted = num_prompt_tokens +
               std::int64_t{std::bit_ceil(static_cast<std::uint32_t>(std::max(1, max_tokens)))};
      break;
    case KvAllocator::kOrcaOracle:
      wanted = std::int64_t{num_prompt_tokens} + max_tokens;
      break;
  }
  return static_cast<std::int32_t>(std::min<std::int64_t>(wanted, max_model_len));
}

}  // namespace octavo
