// The made-up beam searches of the cost executor: every hypothesis has a history, and its
// candidates are a function of it.
#include <cmath>

#include "src/replay/run/cost_executor.hpp"
#include "tests/support/catch.hpp"

using namespace octavo;

namespace {

const CostModel& cost() {
  static const CostModel cost(*model_shape_named("opt-13b"));
  return cost;
}

SequenceStart beam_start(std::uint64_t id, std::vector<TokenId> tokens, std::int32_t num_prompt,
                         std::uint64_t seed = 3) {
  SequenceStart start;
  start.id = SequenceId{id};
  start.request = RequestId{1};
  start.tokens = std::move(tokens);
  start.num_prompt_tokens = num_prompt;
  start.sampling.seed = seed;
  start.sampling.beam_width = 2;
  return start;
}

StepBatch batch_of(std::initializer_list<std::uint64_t> ids) {
  StepBatch batch;
  for (const std::uint64_t id : ids) {
    ScheduledSequence scheduled;
    scheduled.id = SequenceId{id};
    scheduled.first_position = 2;
    scheduled.num_tokens = 1;
    scheduled.samples = true;
    batch.scheduled.push_back(scheduled);
  }
  return batch;
}

std::vector<SampledToken> sampled(CostExecutor& executor, const StepBatch& batch) {
  auto result = executor.execute(batch);
  REQUIRE(result.has_value());
  return std::move(result->sampled);
}

/// An executor in which hypothesis 1 has begun, and what it was offered.
struct Begun {
  CostExecutor executor{cost(), 16, 1};
  std::vector<TokenLogprob> candidates;

  explicit Begun(std::uint64_t seed = 3) {
    StepBatch batch = batch_of({1});
    batch.starts = {beam_start(1, {5, 6, 7}, 3, seed)};
    candidates = sampled(executor, batch)[0].top;
  }
};

}  // namespace

TEST_CASE("a hypothesis is offered twice its width of candidates, the best of them as its token") {
  Begun begun;
  StepBatch batch = batch_of({1});
  const auto row = sampled(begun.executor, batch);
  REQUIRE(row.size() == 1);
  REQUIRE(row[0].top.size() == 4);
  CHECK(row[0].token == row[0].top[0].id);
  CHECK(row[0].top == begun.candidates);  // Nothing was appended since.
}

TEST_CASE("candidates are the request's seed's, whatever the sequence's number") {
  Begun begun(3);
  CHECK(Begun(3).candidates == begun.candidates);
  CHECK(Begun(4).candidates != begun.candidates);
  StepBatch batch = batch_of({8});
  batch.starts = {beam_start(8, {5, 6, 7}, 3)};
  CHECK(sampled(begun.executor, batch)[0].top == begun.candidates);
}

TEST_CASE("a fork is offered what its parent is until one of them has a token of its own") {
  Begun begun;
  StepBatch forks = batch_of({1, 2});
  forks.forks = {{SequenceId{1}, SequenceId{2}}};
  auto rows = sampled(begun.executor, forks);
  CHECK(rows[0].top == begun.candidates);
  CHECK(rows[1].top == begun.candidates);
  StepBatch parted = batch_of({1, 2});
  parted.appended = {{SequenceId{2}, begun.candidates[1].id}};
  rows = sampled(begun.executor, parted);
  CHECK(rows[0].top == begun.candidates);
  CHECK(rows[1].top != begun.candidates);
}

TEST_CASE("a step forks before it appends, so that the child has the parent's old history") {
  Begun begun;
  StepBatch batch = batch_of({1, 2});
  batch.forks = {{SequenceId{1}, SequenceId{2}}};
  batch.appended = {{SequenceId{1}, 11}, {SequenceId{2}, 12}};
  const auto rows = sampled(begun.executor, batch);
  CHECK(rows[0].top != rows[1].top);
  Begun other;
  StepBatch alone = batch_of({1});
  alone.appended = {{SequenceId{1}, 12}};
  CHECK(sampled(other.executor, alone)[0].top == rows[1].top);
}

TEST_CASE("a hypothesis that comes back goes on as if it had never left") {
  Begun begun;
  StepBatch grown = batch_of({1});
  grown.appended = {{SequenceId{1}, 21}, {SequenceId{1}, 22}};
  const auto row = sampled(begun.executor, grown);
  StepBatch released;
  released.released = {SequenceId{1}};
  sampled(begun.executor, released);
  StepBatch back = batch_of({9});
  back.starts = {beam_start(9, {5, 6, 7, 21, 22}, 3)};
  CHECK(sampled(begun.executor, back)[0].top == row[0].top);
}

TEST_CASE("a released hypothesis is forgotten: no fork of it searches on") {
  Begun begun;
  StepBatch released;
  released.released = {SequenceId{1}};
  sampled(begun.executor, released);
  StepBatch fork = batch_of({1, 2});
  fork.forks = {{SequenceId{1}, SequenceId{2}}};
  const auto rows = sampled(begun.executor, fork);
  CHECK(rows[0].top.empty());
  CHECK(rows[1].top.empty());
}

TEST_CASE("a step may fork and release the parent at once") {
  Begun begun;
  StepBatch batch = batch_of({2});
  batch.forks = {{SequenceId{1}, SequenceId{2}}};
  batch.released = {SequenceId{1}};
  CHECK(sampled(begun.executor, batch)[0].top == begun.candidates);
}

TEST_CASE("known tokens are not for beams") {
  Begun begun;
  begun.executor.set_known_tokens([](RequestId, std::int64_t) -> TokenId { return 1; });
  StepBatch batch = batch_of({4});
  batch.starts = {beam_start(4, {5, 6, 7}, 3)};
  CHECK(sampled(begun.executor, batch)[0].top == begun.candidates);
}

TEST_CASE("the narrowest search has two candidates, the widest as many as twice its width") {
  for (const std::int32_t width : {1, 16}) {
    const auto candidates = beam_candidates(5, width);
    REQUIRE(candidates.size() == static_cast<std::size_t>(2 * width));
    double sum = 0;
    for (const TokenLogprob& each : candidates) {
      CHECK((each.id >= 0 && each.id < 32768));
      sum += std::exp(static_cast<double>(each.logprob));
    }
    CHECK(sum == Approx(1.0));
  }
}
