#include "src/replay/run/cost_model.hpp"

#include <cmath>

#include "src/replay/run/cost_executor.hpp"
#include "src/replay/trace/length_mix.hpp"
#include "tests/support/catch.hpp"

using namespace octavo;

namespace {

double milliseconds(const CostModel& cost, std::int32_t num_sequences, std::int32_t first,
                    std::int32_t count) {
  StepBatch batch;
  for (std::int32_t i = 0; i < num_sequences; ++i) {
    ScheduledSequence scheduled;
    scheduled.id = SequenceId{static_cast<std::uint64_t>(i) + 1};
    scheduled.first_position = first;
    scheduled.num_tokens = count;
    batch.scheduled.push_back(scheduled);
  }
  return static_cast<double>(cost.step_time(batch).count()) * 1e-6;
}

}  // namespace

TEST_CASE("the shapes have the sizes that are published of their models") {
  const auto opt = model_shape_named("opt-13b");
  CHECK(opt->kv_bytes_per_token == 800 * 1024);
  CHECK(opt->default_kv_bytes / opt->kv_bytes_per_token == 15728);
  CHECK(static_cast<double>(opt->weight_bytes) == Approx(25.68e9).epsilon(0.01));
  const auto llama = model_shape_named("llama-3-8b");
  CHECK(llama->kv_bytes_per_token == 128 * 1024);
  CHECK(static_cast<double>(llama->weight_bytes) == Approx(15.01e9).epsilon(0.01));
  CHECK_FALSE(model_shape_named("gpt-5").has_value());
}

// Measured with cuBLAS and a paged attention kernel on an H200, one CUDA graph a step.
TEST_CASE("a step of Llama-3-8B takes what it takes on an H200, within a third") {
  const CostModel cost(*model_shape_named("llama-3-8b"));
  CHECK(milliseconds(cost, 1, 128, 1) == Approx(4.64).epsilon(0.2));
  CHECK(milliseconds(cost, 64, 1024, 1) == Approx(7.09).epsilon(0.2));
  CHECK(milliseconds(cost, 256, 512, 1) == Approx(11.92).epsilon(0.3));
  CHECK(milliseconds(cost, 1, 0, 2048) == Approx(53.6).epsilon(0.25));
}

TEST_CASE("a long prompt costs more than its share of a short one") {
  const CostModel cost(*model_shape_named("llama-3-8b"));
  CHECK(milliseconds(cost, 1, 0, 65536) > 1.5 * 32 * milliseconds(cost, 1, 0, 2048));
}

TEST_CASE("the saturating rate falls with longer requests and rises with memory") {
  const CostModel cost(*model_shape_named("opt-13b"));
  const Trace chats = draw_mix(kShareGptMix, 500, 1);
  const Trace tasks = draw_mix(kAlpacaMix, 500, 1);
  CHECK(cost.saturating_rate(tasks, 15728, 1024) > 3 * cost.saturating_rate(chats, 15728, 1024));
  CHECK(cost.saturating_rate(chats, 31456, 1024) > cost.saturating_rate(chats, 15728, 1024));
}

TEST_CASE("candidates of a beam are a distribution's best, the same for the same history") {
  for (std::uint64_t history = 1; history < 200; ++history) {
    const auto candidates = beam_candidates(history, 4);
    REQUIRE(candidates.size() == 8);
    double sum = 0;
    for (std::size_t i = 0; i < candidates.size(); ++i) {
      sum += std::exp(static_cast<double>(candidates[i].logprob));
      if (i > 0) CHECK(candidates[i].logprob <= candidates[i - 1].logprob);
      for (std::size_t j = 0; j < i; ++j) CHECK(candidates[i].id != candidates[j].id);
    }
    CHECK(sum == Approx(1.0));
    CHECK(candidates == beam_candidates(history, 4));
  }
  CHECK(beam_candidates(1, 4) != beam_candidates(2, 4));
}
