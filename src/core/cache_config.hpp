// How large the two tiers of the key-value cache are, in blocks, and whether prompts share them.
#pragma once

#include <cstdint>

namespace octavo {

struct CacheConfig {
  std::int32_t num_blocks = 0;       ///< Device.
  std::int32_t num_host_blocks = 0;  ///< 0: one tier.
  std::int32_t block_size = 16;      ///< Tokens.
  bool enable_prefix_caching = true;
  std::uint64_t secret = 0;  ///< Keys the hash of prefixes.
};

}  // namespace octavo
