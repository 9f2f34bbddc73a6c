// Who decodes in the next step, and whose prompt goes on.
#include "src/scheduler/batch_planner.hpp"

#include "tests/scheduler/parts.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/print.hpp"

using namespace octavo;
using namespace octavo::testing;

namespace {

/// Sequence and number of tokens of each line.
using Lines = std::vector<std::pair<std::uint64_t, std::int32_t>>;
Lines lines_of(const StepPlan& plan) {
  Lines lines;
  for (const ScheduledSequence& each : plan.scheduled)
    lines.emplace_back(each.id.value, each.num_tokens);
  return lines;
}

Lines decodes(Parts& parts) {
  parts.planner.add_decodes();
  return lines_of(parts.take());
}

Lines prefills(Parts& parts) {
  parts.planner.add_prefills();
  return lines_of(parts.take());
}

SchedulerConfig with_budget(std::int32_t num_tokens, std::int32_t num_blocks = 8) {
  SchedulerConfig config = small_config();
  config.max_num_batched_tokens = num_tokens;
  config.num_blocks = num_blocks;
  return config;
}

/// A running group whose prompt is computed up to `num_computed`.
std::unique_ptr<SequenceGroup> begun(Parts& parts, std::uint64_t id, std::int32_t num_prompt,
                                     std::int32_t num_computed) {
  auto group = make_group(id, num_prompt);
  parts.queues.add(*group);
  parts.queues.run(*group);
  let_run(*group->sequences[0], num_computed);
  parts.credits.promise(group->sequences[0]->num_blocks);
  return group;
}

/// Two hypotheses in the middle of their last block, which they share.
std::unique_ptr<SequenceGroup> two_beams(Parts& parts) {
  auto group = make_group(1, 6, 2);
  for (const auto& each : group->sequences) each->sampling.beam_width = 2;
  group->beams =
      std::make_unique<BeamSearch>(group->sequences[0]->sampling, std::vector<TokenId>{});
  parts.run(*group);
  group->sequences[0]->tail.share_with(group->sequences[1]->tail);
  return group;
}

}  // namespace

TEST_CASE("everybody who decodes gets one token, in running order, as far as the budget goes") {
  Parts parts(with_budget(3));
  auto first = make_group(1, 3, 2);
  auto second = make_group(2, 3, 2);
  parts.run(*first);
  parts.run(*second);
  CHECK(decodes(parts) == Lines{{10, 1}, {11, 1}, {20, 1}});
}

TEST_CASE("forced tokens are computed with the sampled one, as far as budget and blocks go") {
  Parts parts(with_budget(5));
  auto forced = make_group(1, 3);
  auto other = make_group(2, 3);
  parts.run(*forced);
  parts.run(*other);
  Sequence& sequence = *forced->sequences[0];
  sequence.tokens.resize(9, 8);  // One sampled and five forced.
  sequence.num_forced = 5;
  CHECK(decodes(parts) == Lines{{10, 4}, {20, 1}});  // Nobody's token is taken.
  CHECK(sequence.num_blocks == 2);
  CHECK(sequence.num_samples_in_flight == 0);
  parts.builder.begin(kStart, 2);
  CHECK(decodes(parts) == Lines{{10, 2}, {20, 1}});
  CHECK(sequence.num_samples_in_flight == 1);
  CHECK(sequence.num_blocks == 3);
}

TEST_CASE("a long forced text is computed piece by piece, as a prompt beside decodes is") {
  Parts parts(with_budget(100, 16));
  auto group = make_group(1, 3);
  parts.run(*group);
  group->sequences[0]->tokens.resize(23, 8);
  group->sequences[0]->sampling.max_tokens = 40;
  group->sequences[0]->num_forced = 19;
  CHECK(decodes(parts) == Lines{{10, StepCost::kSmallestChunk}});
  parts.builder.begin(kStart, 1);
  CHECK(decodes(parts) == Lines{{10, 20 - StepCost::kSmallestChunk}});
  CHECK(group->sequences[0]->num_samples_in_flight == 1);
}

TEST_CASE("forced tokens that miss blocks make the last of the running give way") {
  Parts parts;
  auto first = make_group(1, 7);
  auto second = make_group(2, 8);
  parts.run(*first);
  parts.run(*second);
  first->sequences[0]->tokens.resize(9, 8);
  first->sequences[0]->num_forced = 1;
  parts.credits.promise(parts.credits.num_free());
  CHECK(decodes(parts) == Lines{{10, 2}});
  CHECK(second->status == GroupStatus::kPreempted);
}

TEST_CASE("only who has its prompt and waits for no token decodes") {
  Parts parts;
  auto in_prompt = begun(parts, 1, 9, 8);
  auto done = begun(parts, 2, 4, 4);
  auto starting = make_group(3, 3);
  parts.run(*starting);
  starting->sequences[0]->status = SequenceStatus::kStarting;
  CHECK(decodes(parts).empty());
}

TEST_CASE("a decode that misses a block makes the last of the running give way") {
  Parts parts;
  auto first = make_group(1, 8);
  auto second = make_group(2, 8);
  parts.run(*first);
  parts.run(*second);
  parts.credits.promise(4);
  SECTION("and takes its block at once") { CHECK(decodes(parts) == Lines{{10, 1}}); }
  SECTION("and waits where somebody else may hold it") {
    parts.builder.adopt(*first->sequences[0], 2);
    CHECK(decodes(parts).empty());
  }
  CHECK(second->status == GroupStatus::kPreempted);
  CHECK(first->status == GroupStatus::kRunning);
}

TEST_CASE("nobody gives way for a decode whose last block has room") {
  Parts parts;
  auto group = make_group(1, 7);
  parts.run(*group);
  parts.credits.promise(6);
  CHECK(decodes(parts) == Lines{{10, 1}});
}

TEST_CASE("when a part of a group is in the plan the rest waits, and preempts nobody") {
  Parts parts;
  auto first = make_group(1, 8, 2);  // Both need a block for their next token,
  auto second = make_group(2, 3);
  parts.run(*first);
  parts.run(*second);
  parts.credits.promise(2);  // and one is there.
  parts.planner.add_decodes();
  CHECK_FALSE(parts.builder.preempts());
  CHECK(lines_of(parts.take()) == Lines{{10, 1}, {20, 1}});
}

TEST_CASE("hypotheses decode together, when there is budget for all of them") {
  Parts parts(with_budget(2));
  auto group = two_beams(parts);
  CHECK(decodes(parts) == Lines{{10, 1}, {11, 1}});
  Parts narrow(with_budget(1));
  auto too_wide = two_beams(narrow);
  CHECK(decodes(narrow).empty());
}

TEST_CASE("hypotheses wait while one of them is in a step or not there") {
  Parts parts;
  auto group = two_beams(parts);
  group->sequences[1]->num_steps_in_flight = 1;
  CHECK(decodes(parts).empty());
  group->sequences[1]->num_steps_in_flight = 0;
  group->sequences[1]->status = SequenceStatus::kOutside;
  CHECK(decodes(parts).empty());
  group->sequences[1]->status = SequenceStatus::kRunning;
  CHECK(decodes(parts).size() == 2);
}

TEST_CASE("hypotheses take the copies of all their writes, or give way") {
  Parts parts;
  auto group = two_beams(parts);
  parts.credits.promise(parts.credits.num_free() - 1);
  CHECK(decodes(parts).size() == 2);  // One copies the shared block, the other keeps it.
  CHECK(parts.credits.num_free() == 0);
  Parts full;
  auto without = two_beams(full);
  full.credits.promise(full.credits.num_free());
  CHECK(decodes(full).empty());
  CHECK(without->status == GroupStatus::kPreempted);
}

TEST_CASE("prompts that have begun go on in running order, within the budget") {
  Parts parts;
  auto first = begun(parts, 1, 9, 4);
  auto second = begun(parts, 2, 12, 4);
  CHECK(prefills(parts) == Lines{{10, 5}, {20, 5}});
  CHECK(first->sequences[0]->num_samples_in_flight == 1);
  CHECK(second->sequences[0]->num_samples_in_flight == 0);
}

TEST_CASE("decodes are no prefill, and take from what prompts may use") {
  Parts parts(with_budget(4));
  auto decoding = make_group(1, 3);
  parts.run(*decoding);
  auto prompt = begun(parts, 2, 12, 4);
  parts.planner.add_decodes();
  parts.planner.add_prefills();
  CHECK(lines_of(parts.take()) == Lines{{10, 1}, {20, 3}});
}

TEST_CASE("before a rate is known prompts get the first guess beside decodes, all of it alone") {
  for (const bool has_decode : {false, true}) {
    Parts parts(with_budget(100, 40));
    auto prompt = begun(parts, 1, 90, 0);
    auto decoding = make_group(2, 3);
    if (has_decode) parts.run(*decoding);
    parts.planner.add_decodes();
    parts.planner.add_prefills();
    CHECK(lines_of(parts.take()).back() ==
          std::pair<std::uint64_t, std::int32_t>{10, has_decode ? 63 : 90});
  }
}

TEST_CASE("a prompt goes on as far as the blocks reach that are free") {
  Parts parts;
  auto group = begun(parts, 1, 12, 6);
  parts.credits.promise(parts.credits.num_free());
  CHECK(prefills(parts) == Lines{{10, 2}});  // To the end of its second block.
  CHECK(prefills(parts).empty());
}

TEST_CASE("the last token of a prompt is computed when all choices can sample") {
  Parts parts;
  auto group = make_group(1, 5, 2);
  parts.queues.add(*group);
  parts.queues.run(*group);
  let_run(*group->sequences[0], 4);
  parts.credits.promise(1);
  CHECK(prefills(parts) == Lines{{10, 1}, {11, 0}});
}

TEST_CASE("no hypothesis that comes back samples before the others") {
  Parts parts;
  auto group = two_beams(parts);
  Sequence& back = *group->sequences[0];
  back.tokens.resize(9, 3);
  let_run(back, 6);
  CHECK(prefills(parts) == Lines{{10, 2}});
  CHECK(back.num_samples_in_flight == 0);
  CHECK(prefills(parts).empty());
}
