// Rows of logits of many shapes, with any mix of settings.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

#include "tests/kernels/cuda/sampling/sample_batch.hpp"

namespace octavo::kernels::cuda {

/// Logits of many shapes, by `kind`.
inline std::vector<float> logits_of(std::size_t vocab, int kind, std::mt19937& random) {
  std::normal_distribution<float> normal;
  constexpr float kScales[] = {0.1F, 1.0F, 3.0F, 12.0F};
  std::vector<float> logits(vocab);
  for (float& x : logits) x = normal(random) * kScales[kind % 4];
  const auto any = [&] { return random() % vocab; };
  switch (kind / 4) {
    case 0:
      break;
    case 1:  // ties
      for (float& x : logits) x = std::round(x * 4.0F) / 4.0F;
      break;
    case 2:  // a few stand out
      for (int i = 0; i < 12; ++i) logits[any()] += 20.0F;
      break;
    case 3:  // what must not be chosen, and both zeros
      for (std::size_t i = 0; i < vocab / 3; ++i) logits[any()] = -kInfinity;
      for (std::size_t i = 0; i < vocab / 5; ++i) logits[any()] = std::nanf("");
      for (std::size_t i = 0; i < vocab / 5; ++i) logits[any()] = i % 2 == 0 ? 0.0F : -0.0F;
      break;
    default:
      for (float& x : logits) x = kScales[kind % 4];
      break;
  }
  return logits;
}
constexpr int kLogitKinds = 20;

template <class T, std::size_t N>
T any_of(const T (&values)[N], std::mt19937& random) {
  return values[random() % N];
}

inline TestRow random_row(std::size_t vocab, std::size_t n, std::mt19937& random) {
  TestRow test;
  SampleRow& row = test.row;
  const auto size = static_cast<std::int32_t>(vocab);
  test.logits = logits_of(vocab, static_cast<int>(random() % kLogitKinds), random);
  row.temperature =
      any_of({0.0F, 1e-6F, 1e-4F, 0.05F, 0.3F, 0.7F, 1.0F, 1.0F, 2.0F, 10.0F}, random);
  row.top_k = any_of({0, 0, 0, -1, 1, 2, 5, 50, 1000, size - 1, size, size + 5}, random);
  row.top_p = any_of({1.0F, 1.0F, 0.0F, 0.1F, 0.5F, 0.9F, 0.95F, 0.99F, 0.9999F}, random);
  row.min_p = any_of({0.0F, 0.0F, 0.0F, 0.01F, 0.05F, 0.5F, 1.0F, 3.0F}, random);
  const std::uint64_t high_bits = random();
  row.seed = high_bits << 32;
  row.seed |= random();
  row.position = random();
  row.num_logprobs = any_of({-1, -1, -1, 0, 1, 5, 20, 64}, random);
  row.num_logprobs = std::min(row.num_logprobs, size + 3);
  test.is_active = random() % 12 != 0;
  if (row.num_logprobs >= 0 && random() % 3 == 0)
    row.given = static_cast<std::int32_t>(random() % vocab);
  const auto token = [&] { return static_cast<std::int32_t>(random() % (vocab + 3)); };
  if (random() % 2 == 0) {
    row.repetition_penalty = any_of({1.0F, 1.1F, 1.7F, 0.8F}, random);
    row.presence_penalty = any_of({0.0F, 0.5F, -0.3F, 1.5F}, random);
    row.frequency_penalty = any_of({0.0F, 0.1F, 0.7F, -0.2F}, random);
    const std::size_t count = any_of({0U, 1U, 30U, 700U, 3000U}, random);
    const std::size_t spread = any_of({5U, 300U, 1000000U}, random);
    for (std::size_t i = 0; i < count; ++i) {
      test.tokens.push_back(static_cast<std::int32_t>(static_cast<std::size_t>(token()) % spread));
    }
    if (count > 0) test.tokens.back() = -1 - static_cast<std::int32_t>(random() % n);
    row.num_prompt_tokens = static_cast<std::int64_t>(random() % (count + 2));
  }
  if (random() % 4 == 0) {
    for (int i = 0; i < 40; ++i) test.bias.emplace_back(token(), (i % 7 - 3) * 1.37F);
    if (random() % 2 == 0) test.bias.push_back(test.bias.front());
  }
  if (random() % 4 == 0) {
    const auto best = std::max_element(test.logits.begin(), test.logits.end());
    test.forbidden = {static_cast<std::int32_t>(best - test.logits.begin()), token(), -5};
  }
  if (random() % 4 == 0) {
    // All but a few tokens, or hardly any.
    const std::uint32_t sparse = any_of({0xFFFFFFFFU, 0U}, random);
    test.allowed.assign((vocab + 31) / 32, sparse);
    for (int i = 0; i < 50; ++i) test.allowed[random() % test.allowed.size()] = random() & random();
    row.has_top_of_allowed = row.given < 0 && random() % 2 == 0;
  }
  return test;
}

inline std::vector<TestRow> random_rows(std::size_t vocab, std::size_t n, std::uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<TestRow> tests;
  for (std::size_t i = 0; i < n; ++i) tests.push_back(random_row(vocab, n, random));
  return tests;
}

inline std::vector<std::int32_t> random_tokens(std::size_t n, std::size_t vocab) {
  std::vector<std::int32_t> tokens;
  for (std::size_t i = 0; i < n; ++i) {
    tokens.push_back(static_cast<std::int32_t>((i * 7919 + 3) % vocab));
  }
  return tokens;
}

}  // namespace octavo::kernels::cuda
