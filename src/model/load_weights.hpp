// From a checkpoint's tensors, or from a seed, to weights on a device.
#pragma once

#include <cstdint>
#include <functional>

#include "kernels/storage.hpp"
#include "src/model/checkpoint.hpp"
#include "src/model/decoder_spec.hpp"
#include "src/model/weights.hpp"

namespace octavo {

/// Called after each tensor with the stored bytes read so far and in all.
using LoadProgress = std::function<void(std::size_t done_bytes, std::size_t total_bytes)>;

/// All of the model, or a shard's part of it. quantizes: the layers' products to 8 bits. Checks the
/// coverage first. Errors: those of `check_coverage`; kOutOfMemory.
[[nodiscard]] Result<Weights> load_weights(kernels::Storage& storage, const DecoderSpec& spec,
                                           const Checkpoint& checkpoint, kernels::DType dtype,
                                           const LoadProgress& progress, const Shard& shard = {},
                                           bool quantizes = false);

/// Seeded normal matrices scaled by 1 / sqrt(cols), norms of one, biases of zero. Errors:
/// kOutOfMemory.
[[nodiscard]] Result<Weights> random_weights(kernels::Storage& storage, const DecoderSpec& spec,
                                             kernels::DType dtype, std::uint64_t seed,
                                             const LoadProgress& progress, const Shard& shard = {},
                                             bool quantizes = false);

}  // namespace octavo
