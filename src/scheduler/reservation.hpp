// How much memory a request is given, and when: by paging as it grows, or in one contiguous piece
// before it starts, as servers did before paging. The three that reserve differ in what they know
// of the output's length; the names are those of the PagedAttention paper (Kwon et al., SOSP 2023),
// for the policies it ascribes to Orca (Yu et al., OSDI 2022).
#pragma once

#include <cstdint>
#include <string_view>

#include "src/core/result.hpp"

namespace octavo {

enum class KvAllocator : std::uint8_t {
  kPaged,       ///< A block at a time, anywhere.
  kOrcaMax,     ///< The longest sequence that the model allows.
  kOrcaPow2,    ///< The prompt, and the output's length rounded up to a power of two.
  kOrcaOracle,  ///< The prompt and exactly the output.
};

/// "paged", "orca-max", "orca-pow2", "orca-oracle".
std::string_view name_of(KvAllocator allocator);
/// Errors: kInvalidValue.
[[nodiscard]] Result<KvAllocator> kv_allocator_named(std::string_view name);

/// Tokens to reserve for a request before it starts; 0 when paged. max_tokens counts as the
/// output's true length. At most max_model_len.
std::int32_t reserved_tokens(KvAllocator allocator, std::int32_t num_prompt_tokens,
                             std::int32_t max_tokens, std::int32_t max_model_len);

}  // namespace octavo
