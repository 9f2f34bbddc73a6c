// What an audit of the block pools found: every block of a tier is in exactly one of four states,
// and every count equals its holders.
#pragma once

#include <cstdint>
#include <string>

namespace octavo {

/// num_free + num_cached + num_owned + num_in_transfer = num_blocks, when all is well.
struct TierAudit {
  std::int32_t num_blocks = 0;
  std::int32_t num_free = 0;         ///< Hold nothing.
  std::int32_t num_cached = 0;       ///< Hold a prefix that nobody uses now.
  std::int32_t num_owned = 0;        ///< In some sequence's table.
  std::int32_t num_in_transfer = 0;  ///< Being copied from or to the other tier.
  friend bool operator==(const TierAudit&, const TierAudit&) = default;
};

struct BlockAudit {
  TierAudit device;
  TierAudit host;
  bool is_consistent = true;
  std::string fault;  ///< The first one in words; empty if there is none.
  friend bool operator==(const BlockAudit&, const BlockAudit&) = default;
};

}  // namespace octavo
