#include "src/scheduler/block_needs.hpp"

#include "tests/scheduler/parts.hpp"
#include "tests/support/catch.hpp"

using namespace octavo;
using namespace octavo::testing;

namespace {

constexpr std::int32_t kBlockSize = 4;

/// `num_hypotheses` that have computed `num_computed` positions.
std::unique_ptr<SequenceGroup> hypotheses(std::int32_t num_hypotheses, std::int32_t num_computed) {
  auto group = make_group(1, 4, num_hypotheses);
  for (const auto& each : group->sequences) let_run(*each, num_computed);
  return group;
}

}  // namespace

TEST_CASE("a sequence misses the blocks of its next positions that it does not have") {
  struct Case {
    std::int32_t num_planned, num_blocks, num_tokens, missing;
  };
  const auto each = GENERATE(values<Case>({
      {0, 0, 1, 1},
      {0, 0, 4, 1},
      {0, 0, 5, 2},
      {3, 1, 1, 0},  // The last slot of its last block.
      {4, 1, 1, 1},
      {4, 1, 9, 3},
      {4, 2, 4, 0},  // A block was promised ahead.
      {4, 5, 4, 0},  // A reservation has all it will ever need.
      {4, 1, 0, 0},
  }));
  Sequence sequence;
  sequence.num_planned_tokens = each.num_planned;
  sequence.num_blocks = each.num_blocks;
  CAPTURE(each.num_planned, each.num_blocks, each.num_tokens);
  CHECK(blocks_missing(sequence, each.num_tokens, kBlockSize) == each.missing);
}

TEST_CASE("who writes into a shared last block misses its copy") {
  Sequence first;
  Sequence second;
  let_run(first, 6);
  let_run(second, 6);
  first.tail.share_with(second.tail);
  CHECK(blocks_missing(first, 1, kBlockSize) == 1);
  CHECK(blocks_missing(first, 2, kBlockSize) == 1);
  CHECK(blocks_missing(first, 3, kBlockSize) == 2);  // The copy, and a new block behind it.
  second.tail.leave();
  CHECK(blocks_missing(first, 1, kBlockSize) == 0);  // The last to share it keeps it.
}

TEST_CASE("a full last block is not written into, so nobody copies it") {
  Sequence first;
  Sequence second;
  let_run(first, 8);
  let_run(second, 8);
  first.tail.share_with(second.tail);
  CHECK(blocks_missing(first, 1, kBlockSize) == 1);
}

TEST_CASE("hypotheses that share a last block copy it, all but one of them") {
  auto group = hypotheses(3, 6);
  group->sequences[0]->tail.share_with(group->sequences[1]->tail);
  group->sequences[0]->tail.share_with(group->sequences[2]->tail);
  CHECK(blocks_missing(*group, kBlockSize) == 2);
  group->sequences[1]->tail.leave();
  CHECK(blocks_missing(*group, kBlockSize) == 1);
}

TEST_CASE("hypotheses keep no block that somebody outside of them still shares") {
  auto group = hypotheses(2, 6);
  Sequence outside;
  group->sequences[0]->tail.share_with(group->sequences[1]->tail);
  group->sequences[0]->tail.share_with(outside.tail);
  CHECK(blocks_missing(*group, kBlockSize) == 2);
}

TEST_CASE("hypotheses with last blocks of two origins keep one of each") {
  auto group = hypotheses(4, 6);
  group->sequences[0]->tail.share_with(group->sequences[1]->tail);
  group->sequences[2]->tail.share_with(group->sequences[3]->tail);
  CHECK(blocks_missing(*group, kBlockSize) == 2);
}

TEST_CASE("at the border of a block every hypothesis takes one, and none copies") {
  auto group = hypotheses(3, 8);
  group->sequences[0]->tail.share_with(group->sequences[1]->tail);
  CHECK(blocks_missing(*group, kBlockSize) == 3);
}

TEST_CASE("a group holds the full blocks of its prompt once, where they are shared") {
  auto group = make_group(1, 9, 3);  // Two full blocks and a token.
  for (const auto& each : group->sequences) let_run(*each, 13);
  CHECK(blocks_held(*group, true, kBlockSize) == 2 + 3 * 2);
  CHECK(blocks_held(*group, false, kBlockSize) == 3 * 4);
}

TEST_CASE("a group whose first is still in its prompt holds what that one has") {
  auto group = make_group(1, 9, 3);
  CHECK(blocks_held(*group, true, kBlockSize) == 0);
  let_run(*group->sequences[0], 3);
  CHECK(blocks_held(*group, true, kBlockSize) == 1);
  let_run(*group->sequences[0], 9);
  CHECK(blocks_held(*group, true, kBlockSize) == 3);
}

TEST_CASE("a sequence without siblings shares nothing with itself") {
  auto group = make_group(1, 9, 1);
  let_run(*group->sequences[0], 9);
  CHECK(blocks_held(*group, true, kBlockSize) == 3);
}

TEST_CASE("a group that enters takes the blocks of all that is known of it") {
  CHECK(blocks_to_come(*make_group(1, 4), kBlockSize) == 1);
  CHECK(blocks_to_come(*make_group(1, 5), kBlockSize) == 2);
  CHECK(blocks_to_come(*make_group(1, 9, 3), kBlockSize) == 2 + 3);
  auto preempted = make_group(1, 9, 2);
  preempted->sequences[1]->tokens.resize(17);  // Its completion so far is computed again.
  CHECK(blocks_to_come(*preempted, kBlockSize) == 2 + 1 + 3);
}

TEST_CASE("a group that comes back from the host takes what it held and a copy for each but one") {
  auto group = make_group(1, 9, 3);
  for (const auto& each : group->sequences) let_run(*each, 10);
  group->status = GroupStatus::kSwapped;
  CHECK(blocks_to_come(*group, kBlockSize) == 2 + 3 + 2);
  for (const auto& each : group->sequences) each->status = SequenceStatus::kOutside;
  CHECK(blocks_to_come(*group, kBlockSize) == 2 + 3);  // None is there: it starts anew.
}

TEST_CASE("a prompt that was moved out half done comes back when there is room for all of it") {
  auto group = make_group(1, 23);
  let_run(*group->sequences[0], 10);
  group->status = GroupStatus::kSwapped;
  CHECK(blocks_to_come(*group, kBlockSize) == 6);
}

TEST_CASE(
    "what is committed is what begun prompts still miss, those of siblings outside included") {
  auto chunked = make_group(1, 23);
  let_run(*chunked->sequences[0], 10);
  auto decoding = make_group(2, 4);
  let_run(*decoding->sequences[0], 4);
  decoding->sequences[0]->num_samples_in_flight = 1;  // The token after the prompt's only block.
  auto with_siblings = make_group(3, 9, 3);
  let_run(*with_siblings->sequences[0], 9);
  CHECK(blocks_committed({}, kBlockSize) == 0);
  CHECK(blocks_committed({chunked.get()}, kBlockSize) == 3);
  CHECK(blocks_committed({decoding.get()}, kBlockSize) == 1);
  CHECK(blocks_committed({with_siblings.get()}, kBlockSize) == 2);
  CHECK(blocks_committed({chunked.get(), decoding.get(), with_siblings.get()}, kBlockSize) == 6);
}

TEST_CASE("a reservation that is larger than its prompt makes up for nobody else's") {
  auto reserved = make_group(1, 4);
  let_run(*reserved->sequences[0], 4);
  reserved->sequences[0]->num_blocks = 8;
  auto chunked = make_group(2, 23);
  let_run(*chunked->sequences[0], 10);
  CHECK(blocks_committed({reserved.get(), chunked.get()}, kBlockSize) == 3);
}

TEST_CASE("what one group is still going to take can be left out") {
  auto begun = make_group(1, 20);
  let_run(*begun->sequences[0], 4);
  auto other = make_group(2, 8);
  let_run(*other->sequences[0], 4);
  const std::vector<SequenceGroup*> running{begun.get(), other.get()};
  CHECK(blocks_committed(running, kBlockSize) == 5);
  CHECK(blocks_committed(running, kBlockSize, begun.get()) == 1);
}

TEST_CASE("those who decode grow by their next tokens, or by all that they may still have") {
  auto group = make_group(1, 8);
  Sequence& sequence = *group->sequences[0];
  let_decode(sequence);  // One of 20 tokens is there; two blocks are full.
  const std::vector<SequenceGroup*> running{group.get()};
  CHECK(blocks_to_grow(running, 4, kBlockSize) == 1);
  CHECK(blocks_to_grow(running, 5, kBlockSize) == 2);
  CHECK(blocks_to_grow(running, 1000, kBlockSize) == 5);  // 19 more.
  sequence.num_blocks = 4;
  CHECK(blocks_to_grow(running, 5, kBlockSize) == 0);
  let_run(sequence, 4);
  CHECK(blocks_to_grow(running, 5, kBlockSize) == 0);  // Its prompt is not computed yet.
}
