#include "src/scheduler/beam_steps.hpp"

#include "tests/scheduler/parts.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/print.hpp"

using namespace octavo;
using namespace octavo::testing;
using namespace std::chrono_literals;

namespace {

using Row = std::vector<TokenLogprob>;
constexpr TokenId kStop = 9;

/// A search whose prompt of six tokens is computed, and the steps of its hypotheses.
struct Search {
  explicit Search(std::int32_t width, std::int32_t n = 1, std::int32_t max_tokens = 8) {
    Request made = request(1, 6, max_tokens);
    made.sampling.beam_width = width;
    made.sampling.n = n;
    made.sampling.stop_token_ids = {kStop};
    group = &parts.add(made);
    parts.queues.run(*group);
    let_run(*group->sequences[0], 6);
  }
  void advance(const std::vector<Row>& rows, TimePoint now = kStart) {
    steps.advance(*group, rows, now);
  }
  std::vector<std::uint64_t> ids() const {
    std::vector<std::uint64_t> ids;
    for (const auto& each : group->sequences) ids.push_back(each->id.value);
    return ids;
  }
  std::vector<TokensGenerated> told() const { return events_of<TokensGenerated>(parts.events); }

  Parts parts;
  BeamSteps steps{parts.requests, parts.builder, parts.events};
  SequenceGroup* group = nullptr;
};

std::vector<TokenId> tokens_of(const TokensGenerated& event) {
  std::vector<TokenId> tokens;
  for (const SampledToken& each : event.tokens) tokens.push_back(each.token);
  return tokens;
}

}  // namespace

TEST_CASE("the first child of a hypothesis takes its place, and the others fork from it") {
  Search search(3);
  search.advance({{{1, -0.1F}, {2, -0.2F}, {3, -0.3F}}});
  CHECK(search.ids() == std::vector<std::uint64_t>{1, 2, 3});
  CHECK(search.group->sequences[0]->tail.num_sharers() == 3);
  CHECK(search.group->num_shared_blocks == 2 * 2);
  for (std::size_t i = 0; i < 3; ++i) {
    const Sequence& each = *search.group->sequences[i];
    CHECK(each.group == search.group);
    CHECK(each.tokens.back() == static_cast<TokenId>(i + 1));
    CHECK(each.num_tokens() == 7);
    CHECK(each.num_planned_tokens == 6);
  }
  StepInFlight step;
  const StepPlan plan = search.parts.take(step);
  CHECK(plan.forks ==
        std::vector{Fork{SequenceId{1}, SequenceId{2}}, Fork{SequenceId{1}, SequenceId{3}}});
  CHECK(plan.appended == std::vector{AppendedToken{SequenceId{1}, 1},
                                     AppendedToken{SequenceId{2}, 2},
                                     AppendedToken{SequenceId{3}, 3}});
  CHECK(plan.released.empty());
  CHECK(step.extended == std::vector{RequestId{1}});
}

TEST_CASE("a hypothesis without children is released, and the others stand in their new order") {
  Search search(3);
  search.advance({{{1, -0.1F}, {2, -0.2F}, {3, -0.3F}}});
  search.parts.take();
  search.advance({{{4, -9.0F}}, {{5, -0.3F}}, {{6, -0.1F}, {7, -0.4F}}});
  CHECK(search.ids() == std::vector<std::uint64_t>{3, 2, 4});
  const StepPlan plan = search.parts.take();
  CHECK(plan.forks == std::vector{Fork{SequenceId{3}, SequenceId{4}}});
  CHECK(plan.released == std::vector{SequenceId{1}});
  CHECK(plan.appended[0] == AppendedToken{SequenceId{3}, 6});
}

TEST_CASE("hypotheses that were thrown away meanwhile fork by their tokens alone") {
  Search search(2);
  search.group->sequences[0]->status = SequenceStatus::kOutside;
  search.advance({{{1, -0.1F}, {2, -0.2F}}});
  CHECK(search.ids() == std::vector<std::uint64_t>{1, 2});
  CHECK(search.group->sequences[1]->tokens.back() == 2);
  CHECK_FALSE(search.group->sequences[0]->tail.is_shared());
  CHECK(search.group->num_shared_blocks == 0);
  const StepPlan plan = search.parts.take();
  CHECK(plan.forks.empty());
  CHECK(plan.appended.empty());
}

TEST_CASE("the most blocks that were ever shared are remembered") {
  Search search(2);
  search.group->num_shared_blocks = 5;
  search.advance({{{1, -0.1F}, {2, -0.2F}}});
  CHECK(search.group->num_shared_blocks == 5);
}

TEST_CASE("the first step of a search is its first token, the latest its last") {
  Search search(2);
  search.advance({{{1, -0.1F}, {2, -0.2F}}}, kStart + 3ms);
  search.advance({{{1, -0.1F}}, {{2, -0.2F}}}, kStart + 5ms);
  CHECK(search.group->first_token == kStart + 3ms);
  CHECK(search.group->last_token == kStart + 5ms);
}

TEST_CASE("what all hypotheses begin with is told to every choice, once") {
  Search search(2, 2);
  search.advance({{{1, -0.1F}, {2, -0.2F}}});
  CHECK(search.told().empty());
  search.advance({{{3, -0.1F}, {4, -0.2F}}, {{5, -9.0F}}});
  const auto told = search.told();
  REQUIRE(told.size() == 2);
  for (std::int32_t choice = 0; choice < 2; ++choice) {
    const TokensGenerated& each = told[static_cast<std::size_t>(choice)];
    CHECK(each.choice == choice);
    CHECK(tokens_of(each) == std::vector<TokenId>{1});
    CHECK_FALSE(each.finished);
    CHECK_FALSE(each.score);
  }
  search.advance({{{6, -0.1F}}, {{7, -0.2F}}});
  CHECK(search.told().size() == 2);  // Nothing more is certain.
}

TEST_CASE("a search that is over answers its best, behind what was told already") {
  Search search(2, 2, 3);
  search.advance({{{1, -0.5F}, {2, -9.0F}}});
  search.advance({{{3, -0.5F}, {4, -1.0F}}, {{5, -9.0F}}});
  search.parts.events.clear();
  search.parts.take();
  search.advance({{{6, -0.5F}, {8, -9.0F}}, {{kStop, -0.6F}, {8, -9.0F}}});
  const auto told = search.told();
  REQUIRE(told.size() == 2);
  CHECK(tokens_of(told[0]) == std::vector<TokenId>{3, 6});
  CHECK(told[0].finished == FinishReason::kLength);
  CHECK(*told[0].score == Approx(-1.5 / 3));
  CHECK(tokens_of(told[1]) == std::vector<TokenId>{4, kStop});
  CHECK(told[1].finished == FinishReason::kStop);
  CHECK(*told[1].score == Approx(-2.1 / 3));
  const auto finished = events_of<RequestFinished>(search.parts.events);
  REQUIRE(finished.size() == 1);
  CHECK(finished[0].reason == FinishReason::kStop);  // That of the last choice.
  CHECK(finished[0].usage.num_completion_tokens == 6);
  CHECK(search.parts.take().released.size() == 2);
  CHECK(search.parts.requests.is_empty());
}

TEST_CASE("a choice for which no hypothesis is left ends all the same") {
  Search search(2, 2, 1);
  search.advance({{{1, -0.5F}}});
  const auto told = search.told();
  REQUIRE(told.size() == 2);
  CHECK(tokens_of(told[0]) == std::vector<TokenId>{1});
  CHECK(told[1].choice == 1);
  CHECK(told[1].tokens.empty());
  CHECK(told[1].finished == FinishReason::kLength);
  CHECK_FALSE(told[1].score);
  CHECK(events_of<RequestFinished>(search.parts.events).size() == 1);
}
