#include "src/scheduler/sequence.hpp"

#include "tests/scheduler/parts.hpp"
#include "tests/support/catch.hpp"

using namespace octavo;
using namespace octavo::testing;

namespace {

constexpr SequenceStatus kAllStatuses[] = {SequenceStatus::kOutside, SequenceStatus::kStarting,
                                           SequenceStatus::kArriving, SequenceStatus::kRunning,
                                           SequenceStatus::kFinished};

}  // namespace

TEST_CASE("only a running sequence can be planned further") {
  auto group = make_group(1, 9);
  Sequence& sequence = *group->sequences[0];
  let_run(sequence, 4);
  for (const SequenceStatus status : kAllStatuses) {
    sequence.status = status;
    CHECK(sequence.num_schedulable() == (status == SequenceStatus::kRunning ? 5 : 0));
    CHECK_FALSE(sequence.has_computed_prompt());
  }
}

TEST_CASE("a token in flight counts as one that is there, and as one of the completion") {
  auto group = make_group(1, 9);
  Sequence& sequence = *group->sequences[0];
  sequence.sampling.max_tokens = 2;
  let_run(sequence, 9);
  CHECK(sequence.num_schedulable() == 0);  // Nothing has been sampled, nothing can follow.
  sequence.num_samples_in_flight = 1;
  CHECK(sequence.num_expected_tokens() == 10);
  CHECK(sequence.num_schedulable() == 1);
  sequence.num_planned_tokens = 10;
  sequence.num_samples_in_flight = 2;
  CHECK(sequence.num_schedulable() == 0);  // The completion has all its tokens in flight.
  sequence.num_samples_in_flight = 0;
  sequence.tokens.resize(11);
  CHECK(sequence.num_completion_tokens() == 2);
  CHECK(sequence.num_schedulable() == 0);
}

TEST_CASE("a sequence decodes when one position is left and its prompt is computed") {
  auto group = make_group(1, 9);
  Sequence& sequence = *group->sequences[0];
  let_run(sequence, 8);
  CHECK(sequence.num_schedulable() == 1);
  CHECK_FALSE(sequence.is_decoding());  // The last token of its prompt.
  CHECK_FALSE(sequence.has_computed_prompt());
  sequence.num_planned_tokens = 9;
  CHECK(sequence.has_computed_prompt());
  CHECK_FALSE(sequence.is_decoding());
  sequence.tokens.push_back(1);
  CHECK(sequence.is_decoding());
  sequence.tokens.push_back(1);  // Two are to be computed: it was thrown away and comes back.
  CHECK_FALSE(sequence.is_decoding());
  sequence.num_forced = 1;  // Or the second was forced behind the first.
  CHECK(sequence.is_decoding());
  sequence.num_planned_tokens = 10;
  CHECK(sequence.is_decoding());
  sequence.tokens.push_back(1);
  sequence.num_planned_tokens = 9;
  CHECK_FALSE(sequence.is_decoding());
}

TEST_CASE("a sample in flight brings no token where one was forced meanwhile") {
  auto group = make_group(1, 9);
  Sequence& sequence = *group->sequences[0];
  sequence.tokens.resize(13);
  let_run(sequence, 11);
  sequence.num_samples_in_flight = 1;
  CHECK(sequence.num_expected_tokens() == 13);
  CHECK(sequence.num_schedulable() == 2);
  sequence.num_planned_tokens = 13;
  sequence.num_samples_in_flight = 2;
  CHECK(sequence.num_expected_tokens() == 14);
}

TEST_CASE("a prompt's last block changes, even when the prompt fills it") {
  struct Case {
    std::int32_t num_prompt;
    std::int32_t num_blocks;
  };
  const auto each = GENERATE(values<Case>({{1, 0}, {4, 0}, {5, 1}, {8, 1}, {9, 2}}));
  CAPTURE(each.num_prompt);
  CHECK(make_group(1, each.num_prompt)->num_prompt_blocks(4) == each.num_blocks);
}

TEST_CASE("a group has a seat for each sequence, as many as the batch has") {
  auto group = make_group(1, 4, 3);
  CHECK(group->num_seats() == 3);
  group->max_num_seats = 2;
  CHECK(group->num_seats() == 2);
  group->sequences.clear();
  CHECK(group->num_seats() == 0);
}

TEST_CASE("a beam search has the seats of its width from its first sequence on") {
  auto group = make_group(1, 4, 1);
  group->sequences[0]->sampling.beam_width = 4;
  group->beams =
      std::make_unique<BeamSearch>(group->sequences[0]->sampling, std::vector<TokenId>{});
  CHECK(group->num_seats() == 4);
}

TEST_CASE("a group is on the host while it is swapped and something of it is there") {
  auto group = make_group(1, 4, 2);
  group->status = GroupStatus::kSwapped;
  CHECK(group->num_inside() == 0);
  CHECK_FALSE(group->is_on_host());
  let_run(*group->sequences[1], 4);
  CHECK(group->num_inside() == 1);
  CHECK(group->is_on_host());
  group->status = GroupStatus::kPreempted;
  CHECK_FALSE(group->is_on_host());
}

TEST_CASE("a group has as many steps in flight as the busiest of its sequences") {
  auto group = make_group(1, 4, 3);
  CHECK(group->num_steps_in_flight() == 0);
  group->sequences[1]->num_steps_in_flight = 2;
  group->sequences[2]->num_steps_in_flight = 1;
  CHECK(group->num_steps_in_flight() == 2);
}
