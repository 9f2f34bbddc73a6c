// What parallel samples and beams share, against the figures of Kwon et al. 2023 (section 6.3):
// blocks that sharing spares, of those that there would be without it, over time, while requests
// come at a rate that the memory can bear.
#include <algorithm>

#include "src/replay/run/cost_executor.hpp"
#include "src/replay/run/replayer.hpp"
#include "src/replay/trace/arrivals.hpp"
#include "src/replay/trace/length_mix.hpp"
#include "src/replay/trace/random.hpp"
#include "src/scheduler/beam_search.hpp"
#include "tests/support/catch.hpp"

using namespace octavo;

namespace {

constexpr std::int32_t kContext = 2048;

const CostModel& opt_13b() {
  static const CostModel cost(*model_shape_named("opt-13b"));
  return cost;
}

Outcome replay(const Trace& trace, std::int32_t n, std::int32_t beam_width,
               std::int32_t block_size = 16) {
  ReplayConfig config;
  config.engine.block_size = block_size;
  config.engine.num_blocks = 983 * 16 / block_size;
  config.engine.max_num_seqs = 1024;
  config.engine.max_num_batched_tokens = 32768;
  config.engine.max_model_len = kContext;
  config.sampling.n = n;
  config.sampling.beam_width = beam_width;
  auto outcome = Replayer(trace, opt_13b(), config).run();
  REQUIRE(outcome.has_value());
  return std::move(*outcome);
}

double saved(const LengthMix& mix, std::int32_t n, std::int32_t beam_width) {
  Trace trace = draw_mix(mix, 400, 2);
  // Below saturation: a rush at the start would show many young sequences, which share more.
  const double rate =
      opt_13b().saturating_rate(trace, 983 * 16, 1024) / (3 * std::max(n, beam_width));
  set_arrivals(trace, {ArrivalKind::kRate, rate}, 0, 1);
  return replay(trace, n, beam_width).saved_fraction;
}

/// Slots that the only request holds at its end, as a share of that many Orca (Max) reservations.
double cost_at_end(std::int32_t num_prompt, std::int32_t n, std::int32_t beam_width) {
  Trace trace;
  trace.requests.push_back({0, num_prompt, 1024 - num_prompt, 0, 0});
  const Outcome outcome = replay(trace, n, beam_width);
  const double slots = 983 * 16 * (1 - outcome.pool.memory.idle);
  return slots / (std::max(n, beam_width) * kContext);
}

/// How far back the common ancestor of all running hypotheses lies: tokens.
double depth_after(std::int32_t num_tokens, std::int32_t width, std::uint64_t seed) {
  SamplingParams params;
  params.beam_width = width;
  params.max_tokens = num_tokens + 1;
  BeamSearch search(params, {});
  std::vector<std::uint64_t> histories{split_mix(seed)};
  for (std::int32_t step = 0; step < num_tokens; ++step) {
    std::vector<std::vector<TokenLogprob>> rows;
    for (const std::uint64_t history : histories) rows.push_back(beam_candidates(history, width));
    std::vector<std::uint64_t> next;
    for (const BeamSearch::Extension& each : search.advance(rows)) {
      next.push_back(
          split_mix(histories[each.parent] + static_cast<std::uint64_t>(each.token) + 1));
    }
    histories = std::move(next);
  }
  return static_cast<double>(num_tokens) - static_cast<double>(search.num_common(0));
}

double mean_depth(std::int32_t width) {
  constexpr std::uint64_t kRuns = 60;
  double sum = 0;
  for (const std::int32_t num_tokens : {16, 64, 256}) {
    for (std::uint64_t seed = 0; seed < kRuns; ++seed) sum += depth_after(num_tokens, width, seed);
  }
  return sum / (3 * kRuns);
}

}  // namespace

TEST_CASE("parallel samples share what the paper says that they share") {
  CHECK(saved(kAlpacaMix, 2, 0) == Approx(0.0609).margin(0.015));
  CHECK(saved(kAlpacaMix, 4, 0) == Approx(0.0853).margin(0.015));
  CHECK(saved(kAlpacaMix, 6, 0) == Approx(0.0979).margin(0.015));
  CHECK(saved(kShareGptMix, 2, 0) == Approx(0.162).margin(0.03));
  CHECK(saved(kShareGptMix, 6, 0) == Approx(0.305).margin(0.03));
}

TEST_CASE("beams share at least what the paper says, and no more than can be shared") {
  CHECK(saved(kAlpacaMix, 1, 2) >= 0.3756);
  CHECK(saved(kAlpacaMix, 1, 4) >= 0.5313);
  CHECK(saved(kAlpacaMix, 1, 6) >= 0.5516);
  const double few = saved(kShareGptMix, 1, 2);
  const double many = saved(kShareGptMix, 1, 6);
  CHECK(few >= 0.443);
  CHECK(few < 1 - 1.0 / 2);
  CHECK(many >= 0.663);
  CHECK(many < 1 - 1.0 / 6);
}

TEST_CASE("a step's best tokens lie as far apart as a trained model's") {
  double second = 0, third = 0, best = 0;
  constexpr int kSteps = 20000;
  for (int i = 0; i < kSteps; ++i) {
    const auto candidates = beam_candidates(static_cast<std::uint64_t>(i) * 7919, 6);
    REQUIRE(candidates.size() == 12);
    best -= candidates[0].logprob / kSteps;
    second += (candidates[0].logprob - candidates[1].logprob) / kSteps;
    third += (candidates[1].logprob - candidates[2].logprob) / kSteps;
  }
  CHECK(second == Approx(2.85).margin(0.1));
  CHECK(third == Approx(0.93).margin(0.05));
  CHECK(best == Approx(0.55).margin(0.15));  // Nats a token, as that model's greedy text.
}

TEST_CASE("beams part as long as a trained model's do") {
  // With stories260K, 12 prompts each at 16, 64 and 256 tokens gave 6.2, 13.7 and 18.5.
  CHECK(mean_depth(2) == Approx(6.2).margin(2.5));
  CHECK(mean_depth(4) == Approx(13.7).margin(4));
  CHECK(mean_depth(6) == Approx(18.5).margin(5));
}

TEST_CASE("three candidates of 1024 tokens cost a third of three reservations of the context") {
  // Parallel samples share the prompt, so it depends on its length; beams share their past.
  CHECK(cost_at_end(576, 3, 0) <= 0.32);
  CHECK(cost_at_end(161, 3, 0) > 0.4);
  CHECK(cost_at_end(161, 1, 3) <= 0.32);
}

TEST_CASE("with blocks of four tokens paging wastes less than 0.8 % of the memory") {
  const MemorySplit memory = replay(draw_mix(kShareGptMix, 600, 1), 1, 0, 4).memory;
  CHECK(memory.reserved + memory.internal < 0.008);
  CHECK(memory.tokens > 0.97);
}
