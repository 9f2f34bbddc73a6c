// What else the hash depends on, besides each field by itself (recording_test.cpp).
#include "src/recording/decision_hash.hpp"

#include <limits>
#include <set>

#include "tests/support/catch.hpp"

using namespace octavo;

namespace {

StepPlan plan_of(std::uint64_t id) {
  StepPlan plan;
  plan.id = StepId{id};
  return plan;
}

std::uint64_t hash_of(const std::vector<StepPlan>& plans) {
  DecisionHash hash;
  for (const StepPlan& each : plans) hash.add(each);
  return hash.value();
}

template <class... Changes>
bool are_distinct(const Changes&... changes) {
  std::set<std::uint64_t> hashes;
  const auto add = [&](const auto& change) {
    StepPlan plan = plan_of(1);
    plan.starts.resize(1);
    plan.scheduled.resize(1);
    change(plan);
    hashes.insert(hash_of({plan}));
  };
  (add(changes), ...);
  return hashes.size() == sizeof...(changes);
}

}  // namespace

TEST_CASE("nothing decided is 0, and an empty plan is a decision") {
  CHECK(hash_of({}) == 0);
  CHECK(hash_of({plan_of(1)}) != 0);
}

TEST_CASE("the hash of a run depends on every plan before, and on their order") {
  const StepPlan first = plan_of(1);
  const StepPlan second = plan_of(2);
  CHECK(hash_of({first, second}) == hash_of({first, second}));
  CHECK(hash_of({first, second}) != hash_of({second, first}));
  CHECK(hash_of({first, second}) != hash_of({second}));
  CHECK(hash_of({first, first}) != hash_of({first}));
}

TEST_CASE("a hash is XXH3 of the plan's fields as words, by the hash before, as files have it") {
  StepPlan longer = plan_of(1);
  longer.released = {SequenceId{7}, SequenceId{9}};
  // 1, four empty lists, 2 and its ids, five more; then 2 and ten times 0, and nothing else.
  CHECK(hash_of({longer}) == 0x5B2AB6F9636F02B5ULL);
  CHECK(hash_of({longer, plan_of(2)}) == 0xF147812F404E5FCBULL);
}

TEST_CASE("the same ids in another list, or dealt out otherwise, are another decision") {
  const SequenceId one{1};
  const SequenceId two{2};
  CHECK(are_distinct(
      [&](StepPlan& p) {
        p.released = {one, two};
      },
      [&](StepPlan& p) {
        p.released = {two, one};
      },
      [&](StepPlan& p) {
        p.promotions = {one, two};
      },
      [&](StepPlan& p) { p.released = {one}, p.promotions = {two}; },
      [&](StepPlan& p) {
        p.forks = {{one, two}};
      },
      [&](StepPlan& p) {
        p.forks = {{two, one}};
      },
      [&](StepPlan& p) {
        p.failed = {StepId{1}, StepId{2}};
      },
      [&](StepPlan& p) {
        p.appended = {{one, 2}};
      },
      [&](StepPlan& p) {
        p.appended = {{two, 1}};
      }));
}

TEST_CASE("each part of a transfer, of a preemption and of a window decides") {
  const auto demote = TransferDirection::kDemote;
  CHECK(are_distinct(
      [&](StepPlan& p) {
        p.transfers_finished = {{StepId{1}, RequestId{2}, demote}};
      },
      [&](StepPlan& p) {
        p.transfers_finished = {{StepId{2}, RequestId{1}, demote}};
      },
      [&](StepPlan& p) {
        p.transfers_finished = {{StepId{1}, RequestId{2}, TransferDirection::kPromote}};
      },
      [&](StepPlan& p) {
        p.preempted = {{SequenceId{1}, PreemptionMode::kSwap}};
      },
      [&](StepPlan& p) {
        p.preempted = {{SequenceId{2}, PreemptionMode::kSwap}};
      },
      [&](StepPlan& p) { p.scheduled[0].id = SequenceId{1}; },
      [&](StepPlan& p) { p.scheduled[0].first_position = 1; },
      [&](StepPlan& p) { p.scheduled[0].num_tokens = 1; }));
}

TEST_CASE("an absent value is not a zero") {
  CHECK(are_distinct([](StepPlan&) {}, [](StepPlan& p) { p.starts[0].sampling.seed = 0; },
                     [](StepPlan& p) { p.starts[0].sibling = SequenceId{0}; },
                     [](StepPlan& p) { p.starts[0].sibling = SequenceId{1}; },
                     [](StepPlan& p) { p.starts[0].reservation = BlockRange{}; },
                     [](StepPlan& p) {
                       p.starts[0].reservation = BlockRange{BlockId{1}, 0};
                     },
                     [](StepPlan& p) {
                       p.starts[0].reservation = BlockRange{BlockId{0}, 1};
                     },
                     [](StepPlan& p) { p.starts[0].tokens = {0}; },
                     [](StepPlan& p) { p.starts.clear(); }));
}

TEST_CASE("what the scheduler settles of the sampling decides, what passes through it does not") {
  CHECK(are_distinct([](StepPlan&) {}, [](StepPlan& p) { p.starts[0].id = SequenceId{5}; },
                     [](StepPlan& p) { p.starts[0].sampling.n = 2; },
                     [](StepPlan& p) { p.starts[0].sampling.beam_width = 2; },
                     [](StepPlan& p) { p.starts[0].sampling.max_tokens = 2; }));
  StepPlan plan = plan_of(1);
  plan.starts.resize(1);
  StepPlan other = plan;
  other.starts[0].sampling.temperature = 0.1F;
  other.starts[0].sampling.top_k = 3;
  other.starts[0].sampling.stop = {"x"};
  other.starts[0].sampling.logit_bias = {{1, 2.0F}};
  CHECK(hash_of({plan}) == hash_of({other}));
}

TEST_CASE("a hash is written as sixteen digits, whatever its size") {
  CHECK(hash_text(0) == "0000000000000000");
  CHECK(hash_text(0x0123456789ABCDEF) == "0123456789abcdef");
  CHECK(hash_text(std::numeric_limits<std::uint64_t>::max()) == "ffffffffffffffff");
}
