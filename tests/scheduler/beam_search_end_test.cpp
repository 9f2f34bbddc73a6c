// When a beam search is over, and what of it is certain before.
#include <cmath>
#include <limits>

#include "src/scheduler/beam_search.hpp"
#include "tests/support/catch.hpp"

using namespace octavo;

namespace {

using Row = std::vector<TokenLogprob>;
constexpr TokenId kStop = 9;

SamplingParams params(std::int32_t width, std::int32_t max_tokens,
                      EarlyStopping early_stopping = EarlyStopping::kFalse,
                      float length_penalty = 1.0F) {
  SamplingParams made;
  made.beam_width = width;
  made.max_tokens = max_tokens;
  made.length_penalty = length_penalty;
  made.early_stopping = early_stopping;
  return made;
}

void advance(BeamSearch& beams, const std::vector<Row>& rows) { beams.advance(rows); }

/// Whether a search of width 1 goes on when its first hypothesis ended at -1.0 and the best that
/// runs stands at `logprob`; both have one token.
bool goes_on_with(float logprob, std::int32_t max_tokens, EarlyStopping early_stopping,
                  float length_penalty = 1.0F) {
  BeamSearch beams(params(1, max_tokens, early_stopping, length_penalty), {kStop});
  advance(beams, {{{kStop, -1.0F}, {1, logprob}}});
  return !beams.is_over();
}

}  // namespace

TEST_CASE("at its last token every one of the best hypotheses ends, by a stop or by length") {
  BeamSearch beams(params(2, 2), {kStop});
  advance(beams, {{{1, -0.5F}, {2, -1.0F}}});
  CHECK(beams.advance(std::vector<Row>{{{3, -1.0F}, {kStop, -2.0F}}, {{4, -0.75F}}}).empty());
  CHECK(beams.is_over());
  REQUIRE(beams.ended().size() == 2);
  CHECK(beams.ended()[0].tokens == std::vector<TokenId>{1, 3});
  CHECK_FALSE(beams.ended()[0].by_stop_token);
  CHECK(beams.ended()[1].tokens == std::vector<TokenId>{2, 4});
}

TEST_CASE("a candidate without any probability becomes no hypothesis") {
  const float none = -std::numeric_limits<float>::infinity();
  BeamSearch beams(params(3, 4), {kStop});
  CHECK(beams.advance(std::vector<Row>{{{1, -0.5F}, {2, none}, {3, none}}}).size() == 1);
  CHECK(beams.num_running() == 1);
  CHECK(beams.advance(std::vector<Row>{{{kStop, -0.1F}, {2, none}}}).empty());
  CHECK(beams.is_over());
  REQUIRE(beams.ended().size() == 1);
  CHECK(beams.ended()[0].tokens == std::vector<TokenId>{1, kStop});
}

TEST_CASE("a stop as the last token that is allowed counts as a stop") {
  BeamSearch beams(params(1, 1), {kStop});
  advance(beams, {{{kStop, -0.5F}, {1, -1.0F}}});
  CHECK(beams.is_over());
  CHECK(beams.ended().at(0).by_stop_token);
}

TEST_CASE("a search that stops early is over with the last hypothesis of its width, not before") {
  BeamSearch beams(params(2, 8, EarlyStopping::kTrue), {kStop});
  advance(beams, {{{kStop, -5.0F}, {1, -6.0F}, {2, -7.0F}, {3, -8.0F}}});
  CHECK_FALSE(beams.is_over());
  advance(beams, {{{kStop, -0.1F}, {1, -0.2F}, {2, -0.3F}, {3, -0.4F}}, {{4, -9.0F}}});
  CHECK(beams.is_over());
  CHECK(beams.ended().size() == 2);
}

TEST_CASE("a search is over when none that runs is better by its present length") {
  CHECK(goes_on_with(-1.5F, 8, EarlyStopping::kTrue) == false);
  CHECK(goes_on_with(-1.5F, 8, EarlyStopping::kFalse) == false);
  // The best that runs comes after the best that ended, so only a longer one can be better.
  BeamSearch beams(params(1, 8), {kStop});
  advance(beams, {{{1, -0.5F}, {2, -1.0F}}});
  advance(beams, {{{kStop, -3.5F}, {3, -5.0F}}});  // -2.0 a token, against -2.75.
  CHECK(beams.is_over());
}

TEST_CASE("a search that never stops early goes on while the longest could still be better") {
  CHECK(goes_on_with(-7.9F, 8, EarlyStopping::kNever));        // -7.9 / 8 is above -1.
  CHECK_FALSE(goes_on_with(-8.1F, 8, EarlyStopping::kNever));  // Below it.
  CHECK_FALSE(goes_on_with(-8.0F, 8, EarlyStopping::kNever));  // As good is not better.
}

TEST_CASE("where length is no gain a search goes by the present length even if it never stops") {
  CHECK_FALSE(goes_on_with(-1.5F, 8, EarlyStopping::kNever, 0.0F));
  // What costs by its length: at its present two tokens the best is better than the worst that
  // ended, at a hundred it would not be.
  BeamSearch beams(params(2, 100, EarlyStopping::kNever, -1.0F), {kStop});
  advance(beams, {{{1, -0.1F}, {kStop, -1.0F}, {2, -5.0F}}});
  advance(beams, {{{3, -0.05F}, {kStop, -3.0F}, {4, -9.0F}}, {{5, -9.0F}}});
  CHECK(beams.ended().size() == 2);
  CHECK_FALSE(beams.is_over());
}

TEST_CASE("what all hypotheses begin with is common, those that have ended included") {
  BeamSearch beams(params(2, 8, EarlyStopping::kNever), {kStop});
  advance(beams, {{{1, -0.5F}, {2, -9.0F}}});
  CHECK(beams.num_common(0) == 0);
  advance(beams, {{{3, -0.5F}, {4, -0.6F}}, {{5, -9.0F}}});
  CHECK(beams.num_common(0) == 1);
  advance(beams, {{{5, -0.1F}, {6, -9.0F}}, {{7, -8.0F}}});
  CHECK(beams.running(0) == std::vector<TokenId>{1, 3, 5});
  CHECK(beams.running(1) == std::vector<TokenId>{1, 4, 7});
  CHECK(beams.num_common(1) == 1);
  advance(beams, {{{8, -0.1F}, {7, -0.2F}}, {{6, -9.0F}}});
  CHECK(beams.num_common(1) == 3);  // The second hypothesis is out.
}

TEST_CASE("an ended hypothesis keeps what differs from it uncertain") {
  BeamSearch beams(params(2, 8, EarlyStopping::kNever), {kStop});
  advance(beams, {{{kStop, -0.5F}, {1, -0.6F}, {2, -9.0F}, {3, -9.5F}}});
  CHECK(beams.num_common(0) == 0);
  advance(beams, {{{4, -0.1F}, {5, -0.2F}, {6, -0.3F}, {7, -0.4F}}, {{8, -9.0F}}});
  CHECK(beams.num_common(0) == 0);
}

TEST_CASE("a search of width one is certain of all that it has while nothing has ended") {
  BeamSearch beams(params(1, 8), {kStop});
  advance(beams, {{{1, -0.5F}, {2, -1.0F}}});
  CHECK(beams.num_common(0) == 1);
  advance(beams, {{{3, -0.5F}, {4, -1.0F}}});
  CHECK(beams.num_common(1) == 2);
}
