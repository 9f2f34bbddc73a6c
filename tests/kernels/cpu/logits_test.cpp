#include "kernels/cpu/logits.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/cpu/fast_backend.hpp"
#include "tests/kernels/cpu/support.hpp"
#include "tests/support/catch.hpp"

using namespace octavo::kernels;
using namespace octavo::kernels::cpu;

namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
const float kNaN = std::nanf("");

/// Around the lengths of vectors and of a block, where loops end.
const std::vector<std::int64_t> kCounts{0,  1,   3,   15,  16,  17,  31,  32,
                                        33, 255, 256, 257, 511, 513, 1000};

/// Calls check(kernels) for each instruction set of this machine.
template <class Check>
void on_each_target(const Check& check) {
  for (const InstructionSet& set : instruction_sets()) {
    INFO(set.name);
    check(logit_kernels(set.target));
  }
}

}  // namespace

TEST_CASE("the largest of a row is found wherever it stands") {
  on_each_target([](const LogitKernels& kernels) {
    CHECK(kernels.largest(nullptr, 0) == -kInfinity);
    for (const std::int64_t count : kCounts) {
      for (std::int64_t at = 0; at < count; at += count < 40 ? 1 : 37) {
        auto logits = normal_values(count, 5);
        logits[static_cast<std::size_t>(at)] = 100.0F;
        CAPTURE(count, at);
        REQUIRE(kernels.largest(logits.data(), count) == 100.0F);
        REQUIRE(kernels.find(logits.data(), count, 100.0F) == at);
      }
    }
  });
}

TEST_CASE("what is no number counts for nothing among the largest") {
  on_each_target([](const LogitKernels& kernels) {
    for (const std::int64_t count : {1, 16, 33, 64}) {
      std::vector<float> logits(static_cast<std::size_t>(count), kNaN);
      CHECK(kernels.largest(logits.data(), count) == -kInfinity);
      for (std::int64_t at = 0; at < count; ++at) {
        logits.assign(static_cast<std::size_t>(count), kNaN);
        logits[static_cast<std::size_t>(at)] = -7.0F;
        CAPTURE(count, at);
        REQUIRE(kernels.largest(logits.data(), count) == -7.0F);
      }
    }
  });
}

TEST_CASE("the first of equal elements is found, or none") {
  on_each_target([](const LogitKernels& kernels) {
    for (const std::int64_t count : kCounts) {
      std::vector<float> logits(static_cast<std::size_t>(count), 1.0F);
      CAPTURE(count);
      CHECK(kernels.find(logits.data(), count, 2.0F) == -1);
      CHECK(kernels.find(logits.data(), count, kNaN) == -1);
      CHECK(kernels.find(logits.data(), count, 1.0F) == (count == 0 ? -1 : 0));
      if (count < 2) continue;
      logits[0] = 0.0F;
      CHECK(kernels.find(logits.data(), count, 1.0F) == 1);
    }
    const std::vector<float> logits{1.0F, 2.0F};
    CHECK(kernels.find(logits.data(), 1, 2.0F) == -1);  // Behind the end.
  });
}

TEST_CASE("sums of exponentials are close to their definition, in all lengths") {
  on_each_target([](const LogitKernels& kernels) {
    for (const std::int64_t count : kCounts) {
      const auto logits = normal_values(count, 6);
      for (const float scale : {1.0F, 0.25F, 3.0F}) {
        double expected = 0.0;
        for (const float x : logits) expected += std::exp((static_cast<double>(x) - 4.0) * scale);
        CAPTURE(count, scale);
        CHECK(kernels.sum_exp(logits.data(), count, 4.0F, scale) ==
              Approx(expected).epsilon(1e-5).margin(0.0));
      }
    }
  });
}

TEST_CASE("a forbidden token weighs nothing and the largest weighs one") {
  on_each_target([](const LogitKernels& kernels) {
    for (const std::int64_t count : {1, 16, 17, 300}) {
      std::vector<float> logits(static_cast<std::size_t>(count), -kInfinity);
      CHECK(kernels.sum_exp(logits.data(), count, 5.0F, 1.0F) == 0.0);
      logits.back() = 5.0F;
      CHECK(kernels.sum_exp(logits.data(), count, 5.0F, 1.0F) == 1.0);
    }
  });
}

TEST_CASE("all at or above a bound are collected in their order, behind what is there") {
  on_each_target([](const LogitKernels& kernels) {
    for (const std::int64_t count : kCounts) {
      auto logits = normal_values(count, 7);
      if (count > 2) logits[1] = kNaN;
      std::vector<Candidate> output{{9.0F, -5}};
      const float least = count > 0 ? logits.back() : 0.0F;
      kernels.collect(logits.data(), count, least, output);
      REQUIRE(output.front().token == -5);
      std::size_t next = 1;
      for (std::int64_t i = 0; i < count; ++i) {
        const float logit = logits[static_cast<std::size_t>(i)];
        if (!(logit >= least)) continue;
        REQUIRE(next < output.size());
        CHECK(output[next].token == i);
        CHECK(output[next].logit == logit);
        ++next;
      }
      CHECK(next == output.size());
    }
  });
}

TEST_CASE("a sampler's memory of one row does not reach the next") {
  on_each_target([](const LogitKernels& kernels) {
    LogitSampler used;
    const SampleRow row{
        .temperature = 0.8F, .top_k = 20, .top_p = 0.9F, .seed = 3, .num_logprobs = 5};
    auto large = normal_values(3000, 1);
    SampleOutput output;
    used.sample(kernels, large.data(), 3000, row, output);
    CHECK(output.top.size() == 5);
    for (const std::int64_t count : {1, 7, 300}) {
      auto logits = normal_values(count, 2);
      auto copy = logits;
      SampleOutput fresh;
      LogitSampler().sample(kernels, logits.data(), count, row, fresh);
      used.sample(kernels, copy.data(), count, row, output);
      CAPTURE(count);
      CHECK(output.token == fresh.token);
      CHECK(output.logprob == fresh.logprob);
      CHECK(output.top == fresh.top);
      CHECK(output.top.size() == static_cast<std::size_t>(std::min<std::int64_t>(5, count)));
    }
    auto logits = normal_values(9, 2);
    used.sample(kernels, logits.data(), 9, {.temperature = 0.0F}, output);
    CHECK(output.top.empty());
    CHECK(output.logprob == 0.0F);
  });
}
