// What the sampler should draw, by sorting and summing the whole row with Thrust.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/cuda/sampling/sampling.hpp"

namespace octavo::kernels::cuda {

/// The token that `row` draws from `logits` [vocab_size]: temperature, top-k, top-p and min-p
/// alone.
std::int32_t token_by_sorting(const std::vector<float>& logits, const DeviceSampleRow& row);

}  // namespace octavo::kernels::cuda
