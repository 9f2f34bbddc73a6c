// What the block pools look like at one moment: every physical block with its state, its holders
// and whose it is or was. The content of the `blocks` feed; no decision depends on it.
#pragma once

#include <cstdint>
#include <vector>

#include "src/core/ids.hpp"

namespace octavo {

enum class Tier : std::uint8_t { kDevice, kHost };
enum class BlockState : std::uint8_t { kFree, kCached, kOwned, kInTransfer };

struct BlockView {
  Tier tier = Tier::kDevice;
  BlockId id;
  BlockState state = BlockState::kFree;
  std::int32_t num_holders = 0;     ///< Sequences (and transfers) that hold it now.
  std::vector<RequestId> requests;  ///< That hold it, or used it since it was filled; the latest
                                    ///< kMaxBlockRequests, oldest first.
  StepId last_used;                 ///< The step that took or shared it last: its age.
  friend bool operator==(const BlockView&, const BlockView&) = default;
};
constexpr std::size_t kMaxBlockRequests = 8;

/// All blocks, or those that changed since the last map.
struct BlockMap {
  bool is_full = false;
  StepId step;
  std::int32_t block_size = 0;  ///< Tokens.
  std::int32_t num_device_blocks = 0;
  std::int32_t num_host_blocks = 0;
  std::vector<BlockView> blocks;
};

}  // namespace octavo
