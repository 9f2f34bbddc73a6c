// The account of the block pools: at any time free + cached + owned + in transfer = total in both
// tiers, and every block's count equals its holders.
#pragma once

#include <array>
#include <cstdint>
#include <string>

namespace octavo {

struct BlockAudit {
  struct TierCounts {
    std::int32_t num_blocks = 0;
    std::int32_t num_free = 0;
    std::int32_t num_cached = 0;
    std::int32_t num_owned = 0;
    std::int32_t num_in_transfer = 0;
  };
  TierCounts device;
  TierCounts host;
  bool is_consistent = true;
  std::string fault;  ///< The first that was found, in words; empty when there is none.
};

}  // namespace octavo
