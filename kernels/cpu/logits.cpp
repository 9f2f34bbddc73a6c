#include "kernels/cpu/logits.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/host/philox.hpp"

namespace octavo::kernels::cpu {
namespace {

constexpr float kNothing = -std::numeric_limits<float>::infinity();
/// Room for rounding where a bound on logits stands in for one on probabilities.
constexpr float kMargin = 1e-3F;

std::int64_t num_blocks(std::int64_t count) { return (count + kLogitBlock - 1) / kLogitBlock; }

std::int64_t block_size(std::int64_t count, std::int64_t block) {
  return std::min(kLogitBlock, count - block * kLogitBlock);
}

}  // namespace

/// Leaves in `candidates_` the `count` largest, sorted, and whatever rounds to the last of them. As
/// many blocks as asked for have a largest element at or above the bound, so no element of the best
/// is below it.
void LogitSampler::collect_best(const LogitKernels& kernels, const float* logits,
                                std::int64_t vocab_size, std::int64_t count) {
  float least = kNothing;
  if (count <= num_blocks(vocab_size)) {
    block_largest_.clear();
    for (std::int64_t b = 0; b < num_blocks(vocab_size); ++b) {
      block_largest_.push_back(
          kernels.largest(logits + b * kLogitBlock, block_size(vocab_size, b)));
    }
    const auto nth = block_largest_.begin() + (count - 1);
    std::nth_element(block_largest_.begin(), nth, block_largest_.end(), std::greater<>());
    least = *nth - std::abs(*nth) * 1e-6F;
  }
  candidates_.clear();
  kernels.collect(logits, vocab_size, least, candidates_);
  std::sort(candidates_.begin(), candidates_.end(), better);
}

/// Finds the block that the draw falls into by the blocks' sums, then walks it.
std::int32_t LogitSampler::draw_unfiltered(const LogitKernels& kernels, const float* logits,
                                           std::int64_t vocab_size, float largest,
                                           const SampleRow& row) {
  const float scale = 1.0F / row.temperature;
  const double total = kernels.sum_exp(logits, vocab_size, largest, scale);
  double left = uniform_draw(row.seed, row.position) * total;
  std::int64_t last = kernels.find(logits, vocab_size, largest);
  for (std::int64_t b = 0; b < num_blocks(vocab_size); ++b) {
    const float* block = logits + b * kLogitBlock;
    const double sum = kernels.sum_exp(block, block_size(vocab_size, b), largest, scale);
    if (left >= sum) {
      left -= sum;
      continue;
    }
    for (std::int64_t i = 0; i < block_size(vocab_size, b); ++i) {
      const double weight = std::exp(static_cast<double>((block[i] - largest) * scale));
      if (weight > 0.0) last = b * kLogitBlock + i;
      left -= weight;
      if (left < 0.0) return static_cast<std::int32_t>(last);
    }
    left = 0.0;  // rounding: the walk came out a little short of the sum
  }
  return static_cast<std::int32_t>(std::max<std::int64_t>(last, 0));
}

std::int32_t LogitSampler::choose(const LogitKernels& kernels, const float* logits,
                                  std::int64_t vocab_size, const SampleRow& row, bool& is_finite) {
  const float largest = kernels.largest(logits, vocab_size);
  const auto first = static_cast<std::int32_t>(
      std::max<std::int64_t>(0, kernels.find(logits, vocab_size, largest)));
  is_finite = std::isfinite(largest);
  if (row.temperature < kGreedyBelow || !is_finite) return first;
  const float scale = 1.0F / row.temperature;
  double dropped = 0.0;
  if (row.top_k > 0 && row.top_k < vocab_size) {
    collect_best(kernels, logits, vocab_size, row.top_k);
    for (Candidate& c : candidates_) c.logit /= row.temperature;
    const float least = candidates_[static_cast<std::size_t>(row.top_k - 1)].logit;
    std::erase_if(candidates_, [least](const Candidate& c) { return c.logit < least; });
    std::sort(candidates_.begin(), candidates_.end(), better);  // what rounding has made equal
    return filter_and_draw(candidates_, dropped, row);
  }
  if (row.top_p >= 1.0F && row.min_p <= 0.0F) {
    return draw_unfiltered(kernels, logits, vocab_size, largest, row);
  }
  float bound = row.min_p > 0.0F ? std::log(row.min_p) : kNothing;
  double total = 0.0;
  if (row.top_p < 1.0F) {
    // All tokens below this together weigh at most 1 - p, so top-p drops every one.
    total = kernels.sum_exp(logits, vocab_size, largest, scale);
    const double tail = (1.0 - static_cast<double>(row.top_p)) * total;
    bound = std::max(bound, static_cast<float>(std::log(tail / static_cast<double>(vocab_size))));
  }
  candidates_.clear();
  const float least = largest + std::min(0.0F, bound - kMargin) * row.temperature;
  kernels.collect(logits, vocab_size, least, candidates_);
  double mass = 0.0;
  for (Candidate& c : candidates_) {
    c.logit /= row.temperature;
    mass += std::exp(static_cast<double>(c.logit) - static_cast<double>(largest / row.temperature));
  }
  if (row.top_p < 1.0F) dropped = std::max(0.0, total - mass);
  std::sort(candidates_.begin(), candidates_.end(), better);
  return filter_and_draw(candidates_, dropped, row);
}

void LogitSampler::tell_given(const float* logits, std::int64_t vocab_size, std::int32_t token,
                              double total, SampleOutput& output) {
  output.token = token;
  output.is_finite = std::isfinite(total);
  output.logprob = static_cast<float>(logits[token] - total);
  output.rank = rank_of(logits, vocab_size, token);
}

void LogitSampler::sample(const LogitKernels& kernels, float* logits, std::int64_t vocab_size,
                          const SampleRow& row, SampleOutput& output) {
  output.top.clear();
  output.logprob = 0.0F;
  output.rank = 0;
  forget_nan(logits, vocab_size);
  double total = 0.0;
  const bool wants_logprobs = row.num_logprobs >= 0;
  if (wants_logprobs) {
    const float largest = kernels.largest(logits, vocab_size);
    total = largest + std::log(kernels.sum_exp(logits, vocab_size, largest, 1.0F));
    if (row.given < 0) raw_.assign(logits, logits + vocab_size);
    if (row.has_top_of_allowed) forbid_others(logits, vocab_size, row.allowed);
    const auto num_top = std::min<std::int64_t>(row.num_logprobs, vocab_size);
    if (num_top > 0) {
      collect_best(kernels, logits, vocab_size, num_top);
      const auto kept = std::min(static_cast<std::size_t>(num_top), candidates_.size());
      for (const Candidate& c : std::span(candidates_).first(kept)) {
        output.top.emplace_back(c.token, static_cast<float>(c.logit - total));
      }
    }
    if (row.given >= 0) return tell_given(logits, vocab_size, row.given, total, output);
  }
  adjust_logits(logits, vocab_size, row);
  output.token = choose(kernels, logits, vocab_size, row, output.is_finite);
  if (wants_logprobs) {
    output.is_finite = output.is_finite && std::isfinite(total);
    output.logprob = static_cast<float>(raw_[static_cast<std::size_t>(output.token)] - total);
  }
}

}  // namespace octavo::kernels::cpu
