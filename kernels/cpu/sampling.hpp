// What every sampler shares: the changes that a request makes to its logits before the filters, and
// the draw after them.
#pragma once

#include <cstdint>
#include <span>

#include "kernels/sampling.hpp"

namespace octavo::kernels::cpu {

/// Puts -inf for every NaN: it has no place in an order, and would make every sum one.
void forget_nan(float* logits, std::int64_t vocab_size);

/// Applies logit bias, forbidden tokens, then repetition, frequency and presence penalties, then
/// what is allowed, in place. logits: [vocab_size]. Ids outside the vocabulary are skipped. The
/// repetition penalty is that of CTRL (Keskar et al. 2019, section 4.1), over every distinct token
/// of prompt and completion; the other two are OpenAI's: `- count * frequency - presence` over the
/// completion.
void adjust_logits(float* logits, std::int64_t vocab_size, const SampleRow& row);

/// Puts -inf for what is not allowed. logits: [vocab_size]; allowed: as in SampleRow, not empty.
void forbid_others(float* logits, std::int64_t vocab_size, std::span<const std::uint32_t> allowed);

/// One more than the logits above that of `token`. logits: [vocab_size].
std::int32_t rank_of(const float* logits, std::int64_t vocab_size, std::int32_t token);

struct Candidate {
  float logit = 0.0F;
  std::int32_t token = 0;
};

/// Larger logits first; among equals the lower id.
constexpr bool better(const Candidate& a, const Candidate& b) {
  return a.logit != b.logit ? a.logit > b.logit : a.token < b.token;
}

/// Applies top-p and min-p to `candidates` (those that top-k left, sorted by `better`, their logits
/// divided by the temperature) and draws by (seed, position), walking the survivors in the order of
/// their ids. `dropped_mass` is the weight of tokens left out beforehand because top-p drops them
/// in any case, relative to the first candidate's. Reorders `candidates`.
std::int32_t filter_and_draw(std::span<Candidate> candidates, double dropped_mass,
                             const SampleRow& row);

}  // namespace octavo::kernels::cpu
