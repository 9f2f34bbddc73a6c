#include "src/scheduler/beam_search.hpp"

#include "tests/support/catch.hpp"

using namespace octavo;

namespace {

using Row = std::vector<TokenLogprob>;

struct Options {
  std::int32_t width = 2;
  std::int32_t max_tokens = 8;
  float length_penalty = 1.0F;
  EarlyStopping early_stopping = EarlyStopping::kFalse;
};

constexpr TokenId kStop = 9;

BeamSearch search(const Options& options = {}, std::vector<TokenId> stops = {kStop}) {
  SamplingParams params;
  params.beam_width = options.width;
  params.max_tokens = options.max_tokens;
  params.length_penalty = options.length_penalty;
  params.early_stopping = options.early_stopping;
  return {params, std::move(stops)};
}

/// Parent and token of each hypothesis that runs on.
using Step = std::vector<std::pair<std::size_t, TokenId>>;
Step advance(BeamSearch& beams, const std::vector<Row>& rows) {
  Step step;
  for (const BeamSearch::Extension& each : beams.advance(rows))
    step.emplace_back(each.parent, each.token);
  return step;
}

}  // namespace

TEST_CASE("a search begins with one hypothesis without tokens") {
  const BeamSearch beams = search();
  CHECK(beams.num_running() == 1);
  CHECK(beams.running(0).empty());
  CHECK(beams.ended().empty());
  CHECK_FALSE(beams.is_over());
}

TEST_CASE("the best candidates of all hypotheses run on, by the whole of their probability") {
  BeamSearch beams = search();
  CHECK(advance(beams, {{{1, -0.5F}, {2, -1.0F}, {3, -4.0F}}}) == Step{{0, 1}, {0, 2}});
  // -0.5 - 2.0 is worse than both of the second hypothesis.
  CHECK(advance(beams, {{{4, -2.0F}, {5, -3.0F}}, {{6, -0.25F}, {7, -0.5F}}}) ==
        Step{{1, 6}, {1, 7}});
  CHECK(beams.running(0) == std::vector<TokenId>{2, 6});
  CHECK(beams.running(1) == std::vector<TokenId>{2, 7});
}

TEST_CASE("candidates of the same probability go by their hypothesis, then by their row") {
  BeamSearch beams = search({.width = 3});
  advance(beams, {{{1, -1.0F}, {2, -1.0F}, {3, -1.0F}}});
  const Row row{{4, -1.0F}, {5, -1.0F}};
  CHECK(advance(beams, {row, row, row}) == Step{{0, 4}, {0, 5}, {1, 4}});
}

TEST_CASE("a row shorter than the width leaves fewer hypotheses") {
  BeamSearch beams = search({.width = 3});
  CHECK(advance(beams, {{{1, -0.5F}}}) == Step{{0, 1}});
  CHECK(beams.num_running() == 1);
}

TEST_CASE("a hypothesis with a stop has ended, and the next best runs in its place") {
  BeamSearch beams = search();
  CHECK(advance(beams, {{{kStop, -0.5F}, {1, -1.0F}, {2, -2.0F}, {3, -3.0F}}}) ==
        Step{{0, 1}, {0, 2}});
  REQUIRE(beams.ended().size() == 1);
  CHECK(beams.ended()[0].tokens == std::vector<TokenId>{kStop});
  CHECK(beams.ended()[0].by_stop_token);
  CHECK(beams.ended()[0].score == Approx(-0.5));
}

TEST_CASE("a stop that is not among the best of the width is dropped") {
  BeamSearch beams = search();
  CHECK(advance(beams, {{{1, -0.5F}, {2, -1.0F}, {kStop, -1.5F}, {3, -2.0F}}}) ==
        Step{{0, 1}, {0, 2}});
  CHECK(beams.ended().empty());
}

TEST_CASE("no more candidates are looked at than are needed to fill the width beside all stops") {
  BeamSearch beams = search({.width = 1, .early_stopping = EarlyStopping::kNever}, {7, 8});
  // Three: two may be stops.
  CHECK(advance(beams, {{{7, -0.1F}, {8, -0.2F}, {1, -0.3F}}}) == Step{{0, 1}});
  BeamSearch other = search({.width = 1}, {});
  // Two at least; the third would be the first that runs on otherwise.
  CHECK(advance(other, {{{1, -0.1F}, {2, -0.2F}, {3, -0.3F}}}) == Step{{0, 1}});
  BeamSearch starved = search({.width = 1, .early_stopping = EarlyStopping::kNever}, {7, 8});
  CHECK(advance(starved, {{{7, -0.1F}, {8, -0.2F}, {8, -0.3F}, {1, -0.4F}}}).empty());
  CHECK(starved.is_over());
}

TEST_CASE("a score is the log-probability over the length to the power of the penalty") {
  const float penalty = GENERATE(0.0F, 1.0F, 2.0F, -1.0F);
  BeamSearch beams = search({.width = 1, .length_penalty = penalty});
  advance(beams, {{{1, -0.5F}, {2, -9.0F}}});
  advance(beams, {{{kStop, -1.5F}, {3, -9.0F}}});
  REQUIRE(beams.ended().size() == 1);
  CHECK(beams.ended()[0].tokens == std::vector<TokenId>{1, kStop});
  CHECK(beams.ended()[0].score == Approx(-2.0 / std::pow(2.0, penalty)));
}

TEST_CASE("hypotheses that have ended are kept best first, and no more than the width") {
  BeamSearch beams =
      search({.width = 2, .length_penalty = 0.0F, .early_stopping = EarlyStopping::kNever});
  advance(beams, {{{1, -0.5F}, {kStop, -4.0F}, {2, -5.0F}, {3, -6.0F}}});
  advance(beams, {{{kStop, -0.5F}, {4, -0.75F}, {5, -9.0F}, {6, -9.0F}}, {{1, -9.0F}}});
  REQUIRE(beams.ended().size() == 2);
  CHECK(beams.ended()[0].score == Approx(-1.0));
  CHECK(beams.ended()[1].score == Approx(-4.0));
  CHECK_FALSE(beams.is_over());  // -1.25 is better than the worst of them.
  advance(beams, {{{kStop, -0.25F}, {5, -9.0F}, {6, -9.0F}}, {{1, -9.0F}}});
  REQUIRE(beams.ended().size() == 2);
  CHECK(beams.ended()[0].score == Approx(-1.0));
  CHECK(beams.ended()[1].score == Approx(-1.5));
  CHECK(beams.is_over());
}
