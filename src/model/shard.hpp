// One model on several devices: each holds a part of every layer's heads and of its feed-forward
// width, all of them the residual stream. Two sums over the devices a layer make the parts whole.
// After Shoeybi et al., "Megatron-LM" (2019), section 3.
#pragma once

#include <cstdint>

#include "src/core/result.hpp"
#include "src/model/decoder_spec.hpp"

namespace octavo {

/// Which part of how many.
struct Shard {
  std::int64_t rank = 0;
  std::int64_t size = 1;
  bool is_whole() const { return size == 1; }
  /// Where this part of `count` things begins; `count` divides evenly.
  std::int64_t begin(std::int64_t count) const { return rank * (count / size); }
};

/// Errors: kUnsupportedModel when the heads or the feed-forward width do not divide by `size`.
[[nodiscard]] Result<void> check_shards(const DecoderSpec& spec, std::int64_t size);

/// What one device computes: its heads and its width of the feed-forward, the whole vocabulary.
DecoderSpec shard_of(DecoderSpec spec, const Shard& shard);

/// Rows of the head that one device holds: an equal part, or all where the vocabulary does not
/// divide.
std::int64_t head_rows(const DecoderSpec& spec, const Shard& shard);

}  // namespace octavo
