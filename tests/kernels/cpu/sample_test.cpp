#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <set>
#include <vector>

#include "tests/kernels/cpu/support.hpp"
#include "tests/support/catch.hpp"

using namespace octavo::kernels;

namespace {

constexpr std::int64_t kVocab = 1200;

/// The softmax of `logits` under the settings of a row, by definition: one token at a time, each
/// filter on the renormalized result of the one before.
std::vector<double> distribution(const std::vector<float>& logits, const SampleRow& row) {
  std::vector<double> p;
  for (float logit : logits) p.push_back(std::exp(static_cast<double>(logit) / row.temperature));
  const auto normalize = [&] {
    const double sum = std::accumulate(p.begin(), p.end(), 0.0);
    for (double& value : p) value /= sum;
  };
  normalize();
  std::vector<std::size_t> order(p.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return logits[a] > logits[b]; });
  if (row.top_k > 0 && row.top_k < static_cast<std::int32_t>(p.size())) {
    const float least = logits[order[static_cast<std::size_t>(row.top_k - 1)]];
    for (std::size_t t = 0; t < p.size(); ++t) p[t] = logits[t] < least ? 0.0 : p[t];
    normalize();
  }
  double tail = 0.0;
  for (std::size_t i = order.size() - 1; i > 0 && row.top_p < 1.0F; --i) {
    tail += p[order[i]];
    if (tail > 1.0 - static_cast<double>(row.top_p)) break;
    p[order[i]] = 0.0;
  }
  normalize();
  const double most = p[order[0]];
  for (double& value : p) value = value < static_cast<double>(row.min_p) * most ? 0.0 : value;
  normalize();
  return p;
}

std::int32_t sample_one(Backend& backend, std::vector<float> logits, const SampleRow& row) {
  return sample_rows(backend, logits, {&row, 1}).front().token;
}

std::vector<float> spread_logits(std::uint32_t seed) {
  auto logits = normal_values(kVocab, seed);
  for (float& logit : logits) logit = std::round(logit * 32.0F) / 16.0F;  // with ties
  return logits;
}

}  // namespace

TEST_CASE("greedy sampling takes the first of the largest logits") {
  for (const std::string& name : cpu_instruction_sets()) {
    const auto backend = backend_of(name);
    for (std::size_t first : {0, 1, 15, 16, 255, 256, 1190, 1198}) {
      std::vector<float> logits = normal_values(kVocab, 3);
      logits[first] = 50.0F;
      logits[kVocab - 1] = 50.0F;
      CHECK(sample_one(*backend, logits, {.temperature = 0.0F}) ==
            static_cast<std::int32_t>(first));
    }
    const float nan = std::nanf("");
    CHECK(sample_one(*backend, std::vector<float>(40, nan), {.temperature = 0.0F}) == 0);
    CHECK(sample_one(*backend, std::vector<float>(40, nan), {}) == 0);
    CHECK(sample_one(*backend, {nan, 1.0F, 2.0F}, {.temperature = 0.0F}) == 2);
  }
}

TEST_CASE("draws follow the filtered distribution and stay inside it") {
  const std::vector<SampleRow> settings{
      {.temperature = 1.0F},
      {.temperature = 0.7F, .top_k = 5},
      {.temperature = 1.3F, .top_p = 0.9F},
      {.temperature = 1.0F, .min_p = 0.1F},
      {.temperature = 0.8F, .top_k = 40, .top_p = 0.8F, .min_p = 0.05F},
      {.temperature = 0.5F, .top_k = 1199, .top_p = 0.3F},
      {.temperature = 1.5F, .top_p = 0.95F, .min_p = 0.2F},
      {.temperature = 1.0F, .top_p = 0.001F},
  };
  const auto logits = spread_logits(11);
  constexpr int kDraws = 3000;
  for (const std::string& name : cpu_instruction_sets()) {
    const auto backend = backend_of(name);
    for (std::size_t s = 0; s < settings.size(); ++s) {
      SampleRow row = settings[s];
      row.seed = 42 + s;
      const auto expected = distribution(logits, row);
      std::vector<int> counts(kVocab);
      for (int i = 0; i < kDraws; ++i) {
        row.position = static_cast<std::uint64_t>(i);
        ++counts[static_cast<std::size_t>(sample_one(*backend, logits, row))];
      }
      INFO(name << " setting " << s);
      // Pearson's statistic over tokens that expect five draws or more; the rest pooled.
      double statistic = 0.0;
      double rest_expected = 0.0;
      double rest = 0.0;
      int freedom = 0;
      for (std::size_t t = 0; t < expected.size(); ++t) {
        if (expected[t] == 0.0) CHECK(counts[t] == 0);
        const double mean = expected[t] * kDraws;
        if (mean < 5.0) {
          rest_expected += mean;
          rest += counts[t];
          continue;
        }
        statistic += (counts[t] - mean) * (counts[t] - mean) / mean;
        ++freedom;
      }
      if (rest_expected >= 5.0) {
        statistic += (rest - rest_expected) * (rest - rest_expected) / rest_expected;
        ++freedom;
      }
      // Mean plus five standard deviations of chi squared.
      CHECK(statistic <= freedom + 5.0 * std::sqrt(2.0 * freedom) + 1e-9);
    }
  }
}

TEST_CASE("a draw depends on seed and position, not on batch, threads or instruction set") {
  constexpr std::size_t kRows = 9;
  std::vector<float> batch;
  std::vector<SampleRow> rows;
  std::vector<std::int32_t> alone;
  const auto reference = backend_of("reference");
  for (std::size_t i = 0; i < kRows; ++i) {
    const auto logits = spread_logits(static_cast<std::uint32_t>(i));
    batch.insert(batch.end(), logits.begin(), logits.end());
    rows.push_back({.temperature = 1.2F,
                    .top_k = i % 2 == 0 ? 50 : 0,
                    .top_p = 0.9F,
                    .seed = i,
                    .position = 1000 * i});
    alone.push_back(sample_one(*reference, logits, rows.back()));
  }
  for (const std::string& name : cpu_instruction_sets()) {
    const auto backend = backend_of(name, 3);
    auto logits = batch;
    const auto outputs = sample_rows(*backend, logits, rows);
    for (std::size_t i = 0; i < kRows; ++i) CHECK(outputs[i].token == alone[i]);
  }
}

TEST_CASE("penalties, biases and forbidden tokens change the choice as defined") {
  const std::vector<std::int32_t> tokens{0, 1, 1, 2, 2};
  for (const std::string& name : cpu_instruction_sets()) {
    const auto backend = backend_of(name);
    const auto greedy = [&](std::vector<float> logits, SampleRow row) {
      row.temperature = 0.0F;
      row.tokens = tokens;
      row.num_prompt_tokens = 3;  // completion: 2, 2
      return sample_one(*backend, std::move(logits), row);
    };
    const std::vector<float> logits{4.0F, 3.9F, 3.8F, 3.0F, -1.0F};
    CHECK(greedy(logits, {}) == 0);
    CHECK(greedy(logits, {.repetition_penalty = 1.3F}) == 0);  // 4 / 1.3 > 3
    CHECK(greedy(logits, {.repetition_penalty = 1.5F}) == 3);  // 4 / 1.5 < 3
    CHECK(greedy({-1.0F, -1.1F, -9.0F, -1.2F, -9.0F}, {.repetition_penalty = 1.3F}) == 3);
    CHECK(greedy({3.8F, 3.9F, 4.0F}, {.presence_penalty = 0.15F}) == 1);
    CHECK(greedy({3.0F, 3.85F, 4.0F}, {.frequency_penalty = 0.05F}) == 2);  // 4 - 2 x 0.05
    CHECK(greedy({3.0F, 3.95F, 4.0F}, {.frequency_penalty = 0.05F}) == 1);
    const std::pair<std::int32_t, float> bias[] = {{4, 100.0F}, {7, 100.0F}, {-1, 1.0F}};
    CHECK(greedy(logits, {.logit_bias = bias}) == 4);
    const std::int32_t forbidden[] = {0, 1, 99};
    CHECK(greedy(logits, {.forbidden = forbidden}) == 2);
  }
}

TEST_CASE("log-probabilities are of the raw logits, best first") {
  const auto logits = normal_values(5000, 8);
  double sum = 0.0;
  for (float logit : logits) sum += std::exp(static_cast<double>(logit));
  std::vector<std::int32_t> order(logits.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](std::int32_t a, std::int32_t b) {
    return logits[static_cast<std::size_t>(a)] > logits[static_cast<std::size_t>(b)];
  });
  const std::int32_t forbidden[] = {order[0]};
  for (const std::string& name : cpu_instruction_sets()) {
    const auto backend = backend_of(name);
    for (std::int32_t k : {-1, 0, 1, 20}) {
      const SampleRow row{.temperature = 0.0F, .forbidden = forbidden, .num_logprobs = k};
      auto copy = logits;
      const SampleOutput output = sample_rows(*backend, copy, {&row, 1}).front();
      CHECK(output.token == order[1]);
      REQUIRE(output.top.size() == static_cast<std::size_t>(std::max(0, k)));
      const auto expected = [&](std::int32_t token) {
        return logits[static_cast<std::size_t>(token)] - std::log(sum);
      };
      if (k >= 0) CHECK(output.logprob == Approx(expected(order[1])).margin(1e-5));
      for (std::size_t i = 0; i < output.top.size(); ++i) {
        CHECK(output.top[i].first == order[i]);
        CHECK(output.top[i].second == Approx(expected(order[i])).margin(1e-5));
      }
    }
  }
}

namespace {

/// Every way to choose, with log-probabilities and without.
std::vector<SampleRow> ways_to_choose() {
  std::vector<SampleRow> rows;
  for (const std::int32_t num_logprobs : {-1, 0, 20}) {
    rows.push_back({.temperature = 0.0F, .num_logprobs = num_logprobs});
    rows.push_back({.num_logprobs = num_logprobs});
    rows.push_back({.top_k = 5, .num_logprobs = num_logprobs});
    rows.push_back({.top_k = 900, .num_logprobs = num_logprobs});
    rows.push_back({.top_p = 0.5F, .num_logprobs = num_logprobs});
    rows.push_back({.top_p = 0.0F, .num_logprobs = num_logprobs});
    rows.push_back({.min_p = 0.1F, .num_logprobs = num_logprobs});
    rows.push_back({.top_k = 50, .top_p = 0.9F, .min_p = 0.1F, .num_logprobs = num_logprobs});
  }
  return rows;
}

SampleOutput output_of(Backend& backend, std::vector<float> logits, const SampleRow& row) {
  return sample_rows(backend, logits, {&row, 1}).front();
}

}  // namespace

TEST_CASE("a row without a largest finite logit says that nothing can be chosen") {
  const float nan = std::nanf("");
  const float infinity = std::numeric_limits<float>::infinity();
  std::vector<float> one_infinite = normal_values(kVocab, 3);
  one_infinite[700] = infinity;
  const std::vector<std::vector<float>> broken{std::vector<float>(kVocab, nan),
                                               std::vector<float>(kVocab, -infinity),
                                               std::vector<float>(kVocab, infinity), one_infinite};
  for (const std::string& name : cpu_instruction_sets()) {
    const auto backend = backend_of(name);
    for (const SampleRow& row : ways_to_choose()) {
      for (const std::vector<float>& logits : broken) {
        const SampleOutput output = output_of(*backend, logits, row);
        CHECK_FALSE(output.is_finite);
        CHECK((output.token >= 0 && output.token < kVocab));
      }
    }
    std::vector<std::int32_t> all(40);
    std::iota(all.begin(), all.end(), 0);
    const SampleRow none_left{.forbidden = all};
    CHECK_FALSE(output_of(*backend, normal_values(40, 3), none_left).is_finite);
  }
}

TEST_CASE("a logit that is no number is never chosen, and leaves the others their probabilities") {
  for (const std::string& name : cpu_instruction_sets()) {
    const auto backend = backend_of(name);
    for (const SampleRow& row : ways_to_choose()) {
      std::vector<float> logits = spread_logits(9);
      std::vector<float> without = logits;
      for (std::size_t token = 0; token < logits.size(); token += 3) {
        logits[token] = std::nanf("");
        without[token] = -std::numeric_limits<float>::infinity();
      }
      const SampleOutput output = output_of(*backend, logits, row);
      const SampleOutput expected = output_of(*backend, without, row);
      CHECK(output.is_finite);
      CHECK(output.token % 3 != 0);
      CHECK(output.token == expected.token);
      CHECK(output.logprob == expected.logprob);
      CHECK(output.top == expected.top);
      if (row.num_logprobs >= 0) CHECK(std::isfinite(output.logprob));
      for (const auto& [token, logprob] : output.top) CHECK(std::isfinite(logprob));
    }
  }
}

TEST_CASE("only what is allowed is sampled, whatever else would take it out or in") {
  const auto logits = spread_logits(41);
  std::vector<std::uint32_t> allowed((kVocab + 31) / 32, 0);
  const std::set<std::int32_t> tokens{0, 31, 32, 700, static_cast<std::int32_t>(kVocab - 1)};
  for (const std::int32_t token : tokens)
    allowed[static_cast<std::size_t>(token / 32)] |= 1U << token % 32;
  for (const std::string& name : cpu_instruction_sets()) {
    const auto backend = backend_of(name);
    std::set<std::int32_t> seen;
    SampleRow row;
    row.allowed = allowed;
    row.temperature = 50.0F;
    for (std::uint64_t position = 0; position < 300; ++position) {
      row.position = position;
      seen.insert(sample_one(*backend, logits, row));
    }
    CHECK(seen == tokens);
    row.temperature = 0.0F;
    const std::vector<std::pair<std::int32_t, float>> bias{{5, 100.0F}, {700, 99.0F}};
    row.logit_bias = bias;
    CHECK(sample_one(*backend, logits, row) == 700);
    const std::vector<std::int32_t> forbidden{700};
    row.forbidden = forbidden;
    CHECK(tokens.count(sample_one(*backend, logits, row)) == 1);
    CHECK(sample_one(*backend, logits, row) != 700);
    const std::vector<std::uint32_t> all((kVocab + 31) / 32, 0xFFFFFFFFU);
    row.allowed = all;
    CHECK(sample_one(*backend, logits, row) == 5);
  }
}

TEST_CASE("the best of what is allowed have the log-probabilities that they have among all") {
  for (const std::string& name : cpu_instruction_sets()) {
    INFO(name);
    const auto backend = backend_of(name);
    auto logits = spread_logits(42);
    SampleRow all;
    all.num_logprobs = static_cast<std::int32_t>(kVocab);
    const SampleOutput told = sample_rows(*backend, logits, {&all, 1}).front();
    std::vector<std::uint32_t> allowed((kVocab + 31) / 32, 0);
    for (const std::size_t token : {3U, 64U, 700U}) allowed[token / 32] |= 1U << token % 32;
    SampleRow row;
    row.allowed = allowed;
    row.num_logprobs = 5;
    row.has_top_of_allowed = true;
    logits = spread_logits(42);
    const SampleOutput output = sample_rows(*backend, logits, {&row, 1}).front();
    REQUIRE(output.top.size() == 5);
    std::set<std::int32_t> finite;
    for (const auto& [token, logprob] : output.top) {
      if (!std::isfinite(logprob)) continue;
      finite.insert(token);
      const auto same = [token = token](const auto& each) { return each.first == token; };
      CHECK(logprob == std::ranges::find_if(told.top, same)->second);
    }
    CHECK(finite == std::set<std::int32_t>{3, 64, 700});
    CHECK(output.top[0].second >= output.top[1].second);
    CHECK_FALSE(std::isfinite(output.top[3].second));
    CHECK(finite.count(output.token) == 1);
    CHECK(output.is_finite);
  }
}

TEST_CASE("a token that is known is told of by the raw logits, whatever else the row asks for") {
  for (const std::string& name : cpu_instruction_sets()) {
    INFO(name);
    const auto backend = backend_of(name);
    std::vector<float> logits(kVocab, -4.0F);
    logits[7] = 3.0F;
    logits[8] = 2.0F;
    logits[9] = 1.0F;
    logits[10] = 1.0F;
    logits[11] = std::nanf("");
    SampleRow row;
    row.given = 10;
    row.num_logprobs = 2;
    row.temperature = 0.0F;
    const std::vector<std::int32_t> forbidden{10};
    row.forbidden = forbidden;
    std::vector<SampleRow> rows{row, row};
    rows[1].given = 7;
    std::vector<float> both = logits;
    both.insert(both.end(), logits.begin(), logits.end());
    const auto outputs = sample_rows(*backend, both, rows);
    double sum = 0.0;
    for (const float x : logits) sum += std::isnan(x) ? 0.0 : std::exp(static_cast<double>(x));
    CHECK(outputs[0].token == 10);
    CHECK(outputs[0].rank == 3);  // Its equal does not count.
    CHECK(std::abs(outputs[0].logprob - (1.0 - std::log(sum))) < 1e-5);
    REQUIRE(outputs[0].top.size() == 2);
    CHECK(outputs[0].top[0].first == 7);
    CHECK(outputs[0].is_finite);
    CHECK(outputs[1].token == 7);
    CHECK(outputs[1].rank == 1);
  }
}
