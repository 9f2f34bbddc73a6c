#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <utility>
#include <vector>

#include "kernels/cpu/reference_backend.hpp"
#include "kernels/cpu/sampling.hpp"

namespace octavo::kernels::cpu {
namespace {

std::vector<Candidate> sorted_candidates(const float* logits, std::int64_t vocab_size) {
  std::vector<Candidate> all;
  for (std::int64_t t = 0; t < vocab_size; ++t) {
    all.push_back({logits[t], static_cast<std::int32_t>(t)});
  }
  std::sort(all.begin(), all.end(), better);
  return all;
}

bool is_allowed(std::span<const std::uint32_t> allowed, std::int32_t token) {
  return (allowed[static_cast<std::size_t>(token / 32)] >> (token % 32) & 1U) != 0;
}

std::int32_t choose(const float* logits, std::int64_t vocab_size, const SampleRow& row,
                    bool& is_finite) {
  std::vector<Candidate> candidates = sorted_candidates(logits, vocab_size);
  const Candidate best = candidates.front();
  is_finite = std::isfinite(best.logit);
  if (row.temperature < kGreedyBelow || !is_finite) return best.token;
  for (Candidate& c : candidates) c.logit /= row.temperature;
  if (row.top_k > 0 && row.top_k < vocab_size) {
    const float least = candidates[static_cast<std::size_t>(row.top_k - 1)].logit;
    std::erase_if(candidates, [least](const Candidate& c) { return c.logit < least; });
  }
  return filter_and_draw(candidates, 0.0, row);
}

// raw: all tokens, best first, as the model made them.
void tell_logprobs(std::vector<Candidate> raw, const SampleRow& row, SampleOutput& output) {
  output.is_finite = output.is_finite && std::isfinite(raw[0].logit);
  double sum = 0.0;
  for (const Candidate& c : raw) sum += std::exp(static_cast<double>(c.logit) - raw[0].logit);
  const double total = raw[0].logit + std::log(sum);
  for (Candidate& c : raw) {
    if (c.token == output.token) output.logprob = static_cast<float>(c.logit - total);
    if (row.has_top_of_allowed && !is_allowed(row.allowed, c.token))
      c.logit = -std::numeric_limits<float>::infinity();
  }
  std::sort(raw.begin(), raw.end(), better);
  const auto num_top =
      std::min<std::size_t>(static_cast<std::size_t>(row.num_logprobs), raw.size());
  for (const Candidate& c : std::span(raw).first(num_top))
    output.top.emplace_back(c.token, static_cast<float>(c.logit - total));
}

}  // namespace

void ReferenceBackend::sample_rows(float* logits, std::int64_t vocab_size,
                                   std::span<const SampleRow> rows,
                                   std::span<SampleOutput> outputs) {
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const SampleRow& row = rows[i];
    float* row_logits = logits + static_cast<std::int64_t>(i) * vocab_size;
    forget_nan(row_logits, vocab_size);
    std::vector<Candidate> raw;
    if (row.num_logprobs >= 0) raw = sorted_candidates(row_logits, vocab_size);
    outputs[i] = SampleOutput{};
    if (row.given >= 0) {
      outputs[i].token = row.given;
      outputs[i].rank = rank_of(row_logits, vocab_size, row.given);
    } else {
      adjust_logits(row_logits, vocab_size, row);
      outputs[i].token = choose(row_logits, vocab_size, row, outputs[i].is_finite);
    }
    if (!raw.empty()) tell_logprobs(std::move(raw), row, outputs[i]);
  }
}

}  // namespace octavo::kernels::cpu
