// Rows to sample, a batch of them on the device, and what the reference makes of each.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>

#include "kernels/cpu/sampling.hpp"
#include "kernels/cuda/sampling/sampling.hpp"
#include "tests/kernels/cpu/support.hpp"
#include "tests/kernels/cuda/support/device_array.hpp"

namespace octavo::kernels::cuda {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

/// A row and what its spans are of. `tokens` may be pending: -1 - i.
struct TestRow {
  SampleRow row;
  std::vector<float> logits;
  std::vector<std::int32_t> tokens;
  std::vector<std::pair<std::int32_t, float>> bias;
  std::vector<std::int32_t> forbidden;
  std::vector<std::uint32_t> allowed;
  bool is_active = true;
};

struct Expected {
  std::int32_t token = 0;
  float logprob = 0.0F;
  std::vector<std::pair<std::int32_t, float>> top;
  std::int32_t rank = 0;
  bool is_finite = true;
  std::int32_t choice() const { return is_finite ? token : ~token; }
};

inline std::vector<cpu::Candidate> sorted_candidates(const std::vector<float>& logits) {
  std::vector<cpu::Candidate> all;
  for (std::size_t t = 0; t < logits.size(); ++t) {
    all.push_back({std::isnan(logits[t]) ? -kInfinity : logits[t], static_cast<std::int32_t>(t)});
  }
  std::sort(all.begin(), all.end(), cpu::better);
  return all;
}

/// What kernels/cpu/reference_sample.cpp does.
inline Expected expected_of(const TestRow& test, const std::vector<std::int32_t>& sampled) {
  SampleRow row = test.row;
  std::vector<std::int32_t> tokens = test.tokens;
  for (auto& token : tokens)
    token = token < 0 ? sampled[static_cast<std::size_t>(-1 - token)] : token;
  row.tokens = tokens;
  row.logit_bias = test.bias;
  row.forbidden = test.forbidden;
  row.allowed = test.allowed;
  std::vector<float> logits = test.logits;
  const auto size = static_cast<std::int64_t>(logits.size());
  std::vector<cpu::Candidate> raw;
  if (row.num_logprobs >= 0) raw = sorted_candidates(logits);
  cpu::adjust_logits(logits.data(), size, row);
  std::vector<cpu::Candidate> candidates = sorted_candidates(logits);
  Expected expected;
  expected.token = candidates.front().token;
  expected.is_finite = std::isfinite(candidates.front().logit);
  if (row.temperature >= kGreedyBelow && std::isfinite(candidates.front().logit)) {
    for (cpu::Candidate& c : candidates) c.logit /= row.temperature;
    if (row.top_k > 0 && row.top_k < size) {
      const float least = candidates[static_cast<std::size_t>(row.top_k - 1)].logit;
      std::erase_if(candidates, [least](const cpu::Candidate& c) { return c.logit < least; });
    }
    expected.token = cpu::filter_and_draw(candidates, 0.0, row);
  }
  if (row.given >= 0) {
    std::vector<float> without_nan = test.logits;
    cpu::forget_nan(without_nan.data(), size);
    expected.token = row.given;
    expected.rank = cpu::rank_of(without_nan.data(), size, row.given);
    expected.is_finite = std::isfinite(raw[0].logit);
  }
  if (raw.empty()) return expected;
  double sum = 0.0;
  for (const cpu::Candidate& c : raw) sum += std::exp(static_cast<double>(c.logit) - raw[0].logit);
  const double total = raw[0].logit + std::log(sum);
  expected.is_finite = expected.is_finite && std::isfinite(raw[0].logit);
  for (const cpu::Candidate& c : raw) {
    if (c.token == expected.token) expected.logprob = static_cast<float>(c.logit - total);
  }
  if (row.has_top_of_allowed) {
    std::vector<float> masked = test.logits;
    cpu::forget_nan(masked.data(), size);
    cpu::forbid_others(masked.data(), size, row.allowed);
    raw = sorted_candidates(masked);
  }
  const auto num_top = std::min(static_cast<std::size_t>(row.num_logprobs), raw.size());
  for (const cpu::Candidate& c : std::span(raw).first(num_top))
    expected.top.emplace_back(c.token, static_cast<float>(c.logit - total));
  return expected;
}

struct Outcome {
  std::vector<DeviceSampleOutput> outputs;
  std::vector<std::int32_t> sampled;
  std::vector<std::int32_t> choices;
};

/// A row's settings as the device reads them, without its lists.
inline DeviceSampleRow device_row(const TestRow& test) {
  return {.temperature = test.row.temperature,
          .top_k = test.row.top_k,
          .top_p = test.row.top_p,
          .min_p = test.row.min_p,
          .repetition_penalty = test.row.repetition_penalty,
          .presence_penalty = test.row.presence_penalty,
          .frequency_penalty = test.row.frequency_penalty,
          .num_logprobs = test.row.num_logprobs,
          .seed = test.row.seed,
          .position = test.row.position,
          .first_token = 0,
          .num_tokens = 0,
          .num_prompt_tokens = static_cast<std::int32_t>(test.row.num_prompt_tokens),
          .first_bias = 0,
          .num_bias = 0,
          .first_forbidden = 0,
          .num_forbidden = 0,
          .first_allowed = 0,
          .num_allowed = 0,
          .given = test.row.given,
          .has_top_of_allowed = test.row.has_top_of_allowed ? 1 : 0,
          .is_active = test.is_active ? 1 : 0};
}

/// A batch on the device.
class Batch {
 public:
  Batch(const std::vector<TestRow>& tests, const std::vector<std::int32_t>& sampled)
      : n_(static_cast<std::int64_t>(tests.size())),
        vocab_(static_cast<std::int64_t>(tests[0].logits.size())),
        logits_(tests.size() * tests[0].logits.size()),
        rows_(tests.size()),
        outputs_(tests.size()),
        workspace_(sample_workspace_bytes(n_, vocab_)),
        sampled_(sampled),
        choices_(tests.size()),
        first_sampled_(sampled) {
    std::vector<DeviceSampleRow> rows;
    std::vector<std::int32_t> tokens;
    std::vector<std::int32_t> bias_tokens;
    std::vector<float> bias_values;
    std::vector<std::int32_t> forbidden;
    std::vector<std::uint32_t> allowed;
    const auto index = [](const auto& list) { return static_cast<std::int32_t>(list.size()); };
    for (const TestRow& t : tests) {
      DeviceSampleRow row = device_row(t);
      row.first_token = index(tokens);
      row.num_tokens = index(t.tokens);
      row.first_bias = index(bias_tokens);
      row.num_bias = index(t.bias);
      row.first_forbidden = index(forbidden);
      row.num_forbidden = index(t.forbidden);
      row.first_allowed = index(allowed);
      row.num_allowed = index(t.allowed);
      rows.push_back(row);
      tokens.insert(tokens.end(), t.tokens.begin(), t.tokens.end());
      forbidden.insert(forbidden.end(), t.forbidden.begin(), t.forbidden.end());
      allowed.insert(allowed.end(), t.allowed.begin(), t.allowed.end());
      for (const auto& [token, value] : t.bias) {
        bias_tokens.push_back(token);
        bias_values.push_back(value);
      }
      all_logits_.insert(all_logits_.end(), t.logits.begin(), t.logits.end());
    }
    rows_.set(rows);
    tokens_ = std::make_unique<DeviceArray<std::int32_t>>(tokens);
    bias_tokens_ = std::make_unique<DeviceArray<std::int32_t>>(bias_tokens);
    bias_values_ = std::make_unique<DeviceArray<float>>(bias_values);
    forbidden_ = std::make_unique<DeviceArray<std::int32_t>>(forbidden);
    allowed_ = std::make_unique<DeviceArray<std::uint32_t>>(allowed);
    reset();
  }
  void reset() {
    logits_.set(all_logits_);
    sampled_.set(first_sampled_);
    std::vector<DeviceSampleOutput> poison(static_cast<std::size_t>(n_));
    for (auto& output : poison) output.choice = output.num_top = -7;
    outputs_.set(poison);
    choices_.set(std::vector<std::int32_t>(static_cast<std::size_t>(n_), -7));
  }
  void enqueue(cudaStream_t stream) {
    sample(logits_.data(), vocab_, n_,
           {rows_.data(), tokens_->data(), bias_tokens_->data(), bias_values_->data(),
            forbidden_->data(), allowed_->data(), sampled_.data(), choices_.data()},
           outputs_.data(), workspace_.data(), stream);
  }
  Outcome outcome() const { return {outputs_.get(), sampled_.get(), choices_.get()}; }

 private:
  std::int64_t n_;
  std::int64_t vocab_;
  std::vector<float> all_logits_;
  DeviceArray<float> logits_;
  DeviceArray<DeviceSampleRow> rows_;
  DeviceArray<DeviceSampleOutput> outputs_;
  DeviceArray<std::uint8_t> workspace_;
  DeviceArray<std::int32_t> sampled_;
  DeviceArray<std::int32_t> choices_;
  std::vector<std::int32_t> first_sampled_;
  std::unique_ptr<DeviceArray<std::int32_t>> tokens_;
  std::unique_ptr<DeviceArray<std::int32_t>> bias_tokens_;
  std::unique_ptr<DeviceArray<float>> bias_values_;
  std::unique_ptr<DeviceArray<std::int32_t>> forbidden_;
  std::unique_ptr<DeviceArray<std::uint32_t>> allowed_;
};

inline Outcome run(const std::vector<TestRow>& tests, const std::vector<std::int32_t>& sampled) {
  Batch batch(tests, sampled);
  batch.enqueue(nullptr);
  return batch.outcome();
}

inline bool is_close(float a, float b) {
  if (std::isnan(a) || std::isnan(b)) return std::isnan(a) && std::isnan(b);
  return a == b || std::abs(a - b) <= 1e-5F * std::max(1.0F, std::abs(b) * 0.1F);
}

inline bool is_same(const DeviceSampleOutput& a, const DeviceSampleOutput& b, const TestRow& test) {
  if (a.choice != b.choice || a.num_top != b.num_top) return false;
  if (test.row.num_logprobs >= 0 && std::memcmp(&a.logprob, &b.logprob, 4) != 0) return false;
  if (a.rank != b.rank) return false;
  const auto size = static_cast<std::size_t>(a.num_top) * 4;
  return std::memcmp(a.top_tokens, b.top_tokens, size) == 0 &&
         std::memcmp(a.top_logprobs, b.top_logprobs, size) == 0;
}

inline void check(const std::vector<TestRow>& tests, const std::vector<std::int32_t>& sampled) {
  const Outcome outcome = run(tests, sampled);
  for (std::size_t i = 0; i < tests.size(); ++i) {
    const TestRow& test = tests[i];
    const DeviceSampleOutput& output = outcome.outputs[i];
    const SampleRow& row = test.row;
    CAPTURE(i, test.logits.size(), row.temperature, row.top_k, row.top_p, row.min_p,
            row.repetition_penalty, row.presence_penalty, row.frequency_penalty, row.num_logprobs,
            test.tokens.size(), test.bias.size(), test.forbidden.size());
    if (!test.is_active) {
      CHECK(output.choice == -7);
      CHECK(outcome.choices[i] == -7);
      CHECK(outcome.sampled[i] == sampled[i]);
      continue;
    }
    const Expected expected = expected_of(test, sampled);
    CHECK(output.choice == expected.choice());
    CHECK(outcome.choices[i] == expected.choice());
    CHECK(outcome.sampled[i] == expected.token);
    CHECK(output.num_top == static_cast<std::int32_t>(expected.top.size()));
    if (output.choice != expected.choice() || row.num_logprobs < 0) continue;
    CAPTURE(output.logprob, expected.logprob);
    CHECK(is_close(output.logprob, expected.logprob));
    CHECK(output.rank == expected.rank);
    std::size_t num_wrong = 0;
    for (std::size_t k = 0; k < expected.top.size(); ++k) {
      if (output.top_tokens[k] != expected.top[k].first ||
          !is_close(output.top_logprobs[k], expected.top[k].second)) {
        ++num_wrong;
      }
    }
    CHECK(num_wrong == 0);
  }
}

}  // namespace octavo::kernels::cuda
