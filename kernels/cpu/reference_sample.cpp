#include <algorithm>
#include <cmath>
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
    if (raw.empty()) continue;
    outputs[i].is_finite = outputs[i].is_finite && std::isfinite(raw[0].logit);
    double sum = 0.0;
    for (const Candidate& c : raw) sum += std::exp(static_cast<double>(c.logit) - raw[0].logit);
    const double total = raw[0].logit + std::log(sum);
    const auto num_top =
        std::min<std::size_t>(static_cast<std::size_t>(row.num_logprobs), raw.size());
    for (std::size_t k = 0; k < raw.size(); ++k) {
      const auto logprob = static_cast<float>(raw[k].logit - total);
      if (k < num_top) outputs[i].top.emplace_back(raw[k].token, logprob);
      if (raw[k].token == outputs[i].token) outputs[i].logprob = logprob;
    }
  }
}

}  // namespace octavo::kernels::cpu
