#include "kernels/cpu/sampling.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <vector>

#include "kernels/host/philox.hpp"

namespace octavo::kernels::cpu {
namespace {

/// Calls visit(token, count) for each distinct token of the vocabulary.
template <class Visit>
void for_each_count(std::span<const std::int32_t> tokens, std::int64_t vocab_size, Visit visit) {
  std::vector<std::int32_t> sorted(tokens.begin(), tokens.end());
  std::sort(sorted.begin(), sorted.end());
  for (auto first = sorted.begin(); first != sorted.end();) {
    const auto last = std::upper_bound(first, sorted.end(), *first);
    if (*first >= 0 && *first < vocab_size) visit(*first, static_cast<float>(last - first));
    first = last;
  }
}

}  // namespace

void forget_nan(float* logits, std::int64_t vocab_size) {
  constexpr float kLeast = -std::numeric_limits<float>::infinity();
  for (std::int64_t i = 0; i < vocab_size; ++i)
    logits[i] = logits[i] == logits[i] ? logits[i] : kLeast;
}

void adjust_logits(float* logits, std::int64_t vocab_size, const SampleRow& row) {
  const auto known = [&](std::int32_t token) { return token >= 0 && token < vocab_size; };
  for (const auto& [token, bias] : row.logit_bias) {
    if (known(token)) logits[token] += bias;
  }
  for (std::int32_t token : row.forbidden) {
    if (known(token)) logits[token] = -std::numeric_limits<float>::infinity();
  }
  if (row.repetition_penalty != 1.0F) {
    for_each_count(row.tokens, vocab_size, [&](std::int32_t token, float) {
      float& logit = logits[token];
      logit = logit > 0.0F ? logit / row.repetition_penalty : logit * row.repetition_penalty;
    });
  }
  if (row.presence_penalty != 0.0F || row.frequency_penalty != 0.0F) {
    const auto num_prompt = static_cast<std::size_t>(row.num_prompt_tokens);
    const auto completion = row.tokens.subspan(std::min(num_prompt, row.tokens.size()));
    for_each_count(completion, vocab_size, [&](std::int32_t token, float count) {
      logits[token] -= count * row.frequency_penalty + row.presence_penalty;
    });
  }
  if (!row.allowed.empty()) forbid_others(logits, vocab_size, row.allowed);
}

// Most words have no bit or all of them.
void forbid_others(float* logits, std::int64_t vocab_size, std::span<const std::uint32_t> allowed) {
  constexpr float kLeast = -std::numeric_limits<float>::infinity();
  for (std::int64_t first = 0; first < vocab_size; first += 32) {
    const std::uint32_t word = allowed[static_cast<std::size_t>(first / 32)];
    const std::int64_t count = std::min<std::int64_t>(32, vocab_size - first);
    if (word == 0) {
      std::fill_n(logits + first, count, kLeast);
      continue;
    }
    for (std::uint32_t left = ~word; left != 0; left &= left - 1) {
      const int t = std::countr_zero(left);
      if (t < count) logits[first + t] = kLeast;
    }
  }
}

std::int32_t rank_of(const float* logits, std::int64_t vocab_size, std::int32_t token) {
  const float logit = logits[token];
  return 1 + static_cast<std::int32_t>(
                 std::count_if(logits, logits + vocab_size, [=](float x) { return x > logit; }));
}

std::int32_t filter_and_draw(std::span<Candidate> candidates, double dropped_mass,
                             const SampleRow& row) {
  const float largest = candidates.front().logit;
  const auto weight = [largest](const Candidate& c) {
    return std::exp(static_cast<double>(c.logit) - largest);
  };
  std::size_t kept = candidates.size();
  double mass = 0.0;
  for (const Candidate& c : candidates) mass += weight(c);
  if (row.top_p < 1.0F) {
    const double allowed = (1.0 - static_cast<double>(row.top_p)) * (mass + dropped_mass);
    double tail = dropped_mass;
    while (kept > 1 && tail + weight(candidates[kept - 1]) <= allowed) {
      const double dropped = weight(candidates[--kept]);
      tail += dropped;
      mass -= dropped;
    }
  }
  while (kept > 1 && weight(candidates[kept - 1]) < static_cast<double>(row.min_p)) {
    mass -= weight(candidates[--kept]);
  }
  const auto survivors = candidates.first(kept);
  std::sort(survivors.begin(), survivors.end(),
            [](const Candidate& a, const Candidate& b) { return a.token < b.token; });
  double left = uniform_draw(row.seed, row.position) * mass;
  for (const Candidate& c : survivors) {
    left -= weight(c);
    if (left < 0.0) return c.token;
  }
  return survivors.back().token;
}

}  // namespace octavo::kernels::cpu
