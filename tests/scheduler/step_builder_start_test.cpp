// How a sequence enters: what it takes at once, and whether it may sample already.
#include "tests/scheduler/parts.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/print.hpp"

using namespace octavo;
using namespace octavo::testing;

namespace {

/// Tokens that the first step of the group's first sequence computes.
std::int32_t first_chunk(Parts& parts, SequenceGroup& group) {
  parts.builder.start(*group.sequences[0], nullptr);
  const StepPlan plan = parts.take();
  CHECK(plan.starts.size() == 1);
  return plan.scheduled.empty() ? 0 : plan.scheduled[0].num_tokens;
}

std::unique_ptr<SequenceGroup> beams_of(std::int32_t num_sequences, std::int32_t num_prompt) {
  auto group = make_group(1, num_prompt, num_sequences);
  for (const auto& each : group->sequences) each->sampling.beam_width = 3;
  group->beams =
      std::make_unique<BeamSearch>(group->sequences[0]->sampling, std::vector<TokenId>{});
  return group;
}

}  // namespace

TEST_CASE("a start tells the engine all of the sequence, and samples when all of it fits") {
  Parts parts;
  auto group = make_group(5, 9);
  group->cache_namespace = 77;
  Sequence& sequence = *group->sequences[0];
  sequence.sampling.seed = 4;
  parts.builder.start(sequence, nullptr);
  CHECK(sequence.status == SequenceStatus::kStarting);
  CHECK(sequence.started_in == StepId{1});
  CHECK(sequence.num_blocks == 3);
  CHECK(parts.credits.num_free() == 5);
  StepInFlight step;
  const StepPlan plan = parts.take(step);
  REQUIRE(plan.starts.size() == 1);
  const SequenceStart& start = plan.starts[0];
  CHECK(start.id == SequenceId{50});
  CHECK(start.request == RequestId{5});
  CHECK(start.tokens == sequence.tokens);
  CHECK(start.num_prompt_tokens == 9);
  CHECK(start.sampling == sequence.sampling);
  CHECK(start.cache_namespace == 77);
  CHECK_FALSE(start.sibling);
  CHECK_FALSE(start.is_twin);
  CHECK_FALSE(start.reservation);
  CHECK(plan.scheduled == std::vector{ScheduledSequence{SequenceId{50}, 0, 9, true}});
  CHECK(step.started == std::vector<Sequence*>{&sequence});
  CHECK(step.request_of == std::vector{RequestId{5}});
}

TEST_CASE("a prompt takes its blocks when it starts, those of later chunks included") {
  Parts parts;
  auto group = make_group(1, 23);
  Sequence& sequence = *group->sequences[0];
  parts.builder.start(sequence, nullptr);
  CHECK(parts.credits.num_free() == 2);
  CHECK(sequence.num_blocks == 6);
  CHECK(sequence.num_planned_tokens == 10);
  CHECK(sequence.num_samples_in_flight == 0);
  parts.take();
  sequence.status = SequenceStatus::kRunning;
  parts.builder.schedule(sequence, 10);
  CHECK(parts.credits.num_free() == 2);
}

TEST_CASE("a sequence that starts beside a full budget is found out about, and computes nothing") {
  Parts parts;
  auto group = make_group(1, 9);
  parts.builder.limit_prefill(0);
  parts.builder.start(*group->sequences[0], nullptr);
  CHECK(group->sequences[0]->status == SequenceStatus::kStarting);
  CHECK(group->sequences[0]->num_steps_in_flight == 1);
  const StepPlan plan = parts.take();
  CHECK(plan.starts.size() == 1);
  CHECK(plan.scheduled.empty());
}

TEST_CASE("a start may find its blocks on the host, and keeps as many from being given away") {
  SchedulerConfig config = small_config();
  config.num_host_blocks = 5;
  Parts parts(config);
  auto group = make_group(1, 9);
  parts.builder.start(*group->sequences[0], nullptr);
  CHECK(parts.credits.num_host_free() == 2);
}

TEST_CASE("a sequence shares the full blocks of the prompt with its sibling") {
  Parts parts;
  auto group = make_group(1, 9, 2);
  let_run(*group->sequences[0], 9);
  parts.builder.start(*group->sequences[1], group->sequences[0].get());
  CHECK(parts.credits.num_free() == 7);
  CHECK(group->sequences[1]->num_blocks == 3);
  CHECK(parts.take().starts[0].sibling == SequenceId{10});
}

TEST_CASE("a reserved sequence takes all of its reservation at once") {
  Parts parts;
  auto group = make_group(1, 9);
  group->sequences[0]->reservation = BlockRange{BlockId{0}, 7};
  parts.builder.start(*group->sequences[0], nullptr);
  CHECK(parts.credits.num_free() == 1);
  CHECK(group->sequences[0]->num_blocks == 7);
  CHECK(parts.take().starts[0].reservation == BlockRange{BlockId{0}, 7});
}

TEST_CASE("one that comes back computes its completion again, from its beginning") {
  Parts parts;
  auto group = make_group(1, 5);
  Sequence& sequence = *group->sequences[0];
  sequence.tokens.resize(8, 3);
  sequence.num_planned_tokens = 7;
  parts.builder.start(sequence, nullptr);
  const StepPlan plan = parts.take();
  CHECK(plan.starts[0].tokens.size() == 8);
  CHECK(plan.starts[0].num_prompt_tokens == 5);
  CHECK(plan.scheduled == std::vector{ScheduledSequence{SequenceId{10}, 0, 8, true}});
}

TEST_CASE("choices leave the last token of their prompt for a step in which all can sample") {
  Parts parts;
  CHECK(first_chunk(parts, *make_group(1, 5, 2)) == 4);
  CHECK(first_chunk(parts, *make_group(2, 1, 2)) == 0);
  CHECK(first_chunk(parts, *make_group(3, 5, 1)) == 5);
  auto begun = make_group(4, 5, 2);  // It samples by itself: its siblings have other tokens.
  begun->sequences[0]->tokens.resize(6, 3);
  CHECK(first_chunk(parts, *begun) == 6);
}

TEST_CASE("choices that share no blocks sample each by itself") {
  SchedulerConfig config = small_config();
  config.kv_allocator = KvAllocator::kOrcaOracle;
  Parts parts(config);
  CHECK(first_chunk(parts, *make_group(1, 5, 2)) == 5);
}

TEST_CASE("several hypotheses never sample in the step that they start in, a single one does") {
  Parts parts;
  CHECK(first_chunk(parts, *beams_of(1, 5)) == 5);
  auto several = beams_of(2, 5);
  several->sequences[0]->tokens.resize(7, 3);
  CHECK(first_chunk(parts, *several) == 6);
}
