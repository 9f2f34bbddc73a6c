#include "src/runtime/sequence_state.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/scripted_constraint.hpp"

using namespace octavo;

namespace {

constexpr SequenceId kParent{1};
constexpr SequenceId kChild{2};

StepBatch start(SequenceId id, std::vector<TokenId> tokens, SamplingParams sampling = {}) {
  StepBatch batch;
  const auto num_prompt = static_cast<std::int32_t>(tokens.size());
  batch.starts = {{id, RequestId{}, std::move(tokens), num_prompt, std::move(sampling)}};
  return batch;
}

SequenceTable table() { return SequenceTable({2, 3}, 100); }

/// What a completion that begins with token 30 is made to go on with.
std::vector<TokenId> forced_after_30(SamplingParams sampling) {
  auto sequences = SequenceTable({2, 3}, 300);
  sampling.constraint = std::make_shared<testing::ScriptedConstraint>();
  REQUIRE(sequences.apply(start(kParent, {5, 6}, sampling)).has_value());
  const auto forced = sequences.force(kParent, sequences.append(kParent, 30));
  CHECK(sequences.find(kParent)->tokens.size() == 3 + forced.size());
  return forced;
}

std::vector<TokenId> forbidden(const SequenceTable& sequences) {
  const auto row = sequences.find(kParent)->sample_row();
  return {row.forbidden.begin(), row.forbidden.end()};
}

}  // namespace

TEST_CASE("a row's counter is the number of tokens and its tokens grow with what was sampled") {
  auto sequences = table();
  SamplingParams sampling;
  sampling.seed = 77;
  REQUIRE(sequences.apply(start(kParent, {5, 6}, sampling)).has_value());
  sequences.append(kParent, 9);
  const auto row = sequences.find(kParent)->sample_row();
  CHECK(row.seed == 77);
  CHECK(row.position == 3);
  CHECK(row.num_prompt_tokens == 2);
  CHECK(std::vector<TokenId>(row.tokens.begin(), row.tokens.end()) ==
        std::vector<TokenId>{5, 6, 9});
}

TEST_CASE("end and stop tokens are forbidden until the least number of tokens") {
  auto sequences = table();
  SamplingParams sampling;
  sampling.min_tokens = 2;
  sampling.stop_token_ids = {50};
  REQUIRE(sequences.apply(start(kParent, {5}, sampling)).has_value());
  CHECK(forbidden(sequences) == std::vector<TokenId>{50, 2, 3});
  sequences.append(kParent, 9);
  CHECK(forbidden(sequences) == std::vector<TokenId>{50, 2, 3});
  sequences.append(kParent, 9);
  CHECK(forbidden(sequences).empty());
}

TEST_CASE("an end token that stops nothing is not forbidden") {
  auto sequences = table();
  SamplingParams sampling;
  sampling.min_tokens = 1;
  sampling.ignore_eos = true;
  sampling.stop_token_ids = {50};
  REQUIRE(sequences.apply(start(kParent, {5}, sampling)).has_value());
  CHECK(forbidden(sequences) == std::vector<TokenId>{50});
}

TEST_CASE("a child takes over its parent's state and then goes its own way") {
  auto sequences = table();
  SamplingParams sampling;
  sampling.seed = 1;
  REQUIRE(sequences.apply(start(kParent, {5, 6}, sampling)).has_value());
  sequences.append(kParent, 7);

  StepBatch inherits;
  inherits.forks = {{kParent, kChild}};
  REQUIRE(sequences.apply(inherits).has_value());
  CHECK(sequences.find(kChild)->tokens == std::vector<TokenId>{5, 6, 7});
  CHECK(sequences.find(kChild)->sampling.seed == 1U);
  sequences.append(kChild, 8);
  CHECK(sequences.find(kParent)->tokens.size() == 3);

  StepBatch chosen;
  chosen.appended = {{kParent, 9}, {kChild, 10}};
  REQUIRE(sequences.apply(chosen).has_value());
  CHECK(sequences.find(kParent)->tokens == std::vector<TokenId>{5, 6, 7, 9});
  CHECK(sequences.find(kChild)->tokens == std::vector<TokenId>{5, 6, 7, 8, 10});
}

TEST_CASE("released sequences are forgotten, and may start again in the same batch") {
  auto sequences = table();
  REQUIRE(sequences.apply(start(kParent, {5})).has_value());
  auto again = start(kParent, {5, 6});
  again.released = {kParent, SequenceId{404}};
  REQUIRE(sequences.apply(again).has_value());
  CHECK(sequences.find(kParent)->tokens.size() == 2);
  StepBatch release;
  release.released = {kParent};
  REQUIRE(sequences.apply(release).has_value());
  CHECK(sequences.find(kParent) == nullptr);
  CHECK(sequences.size() == 0);
}

TEST_CASE("a batch that contradicts what is known is refused whole") {
  const auto detail = [](const StepBatch& batch) { return table().apply(batch).error().detail; };
  CHECK(detail(start(kParent, {})) == "sequence 1 starts without a token");
  auto long_prompt = start(kParent, {5});
  long_prompt.starts[0].num_prompt_tokens = 2;
  CHECK(detail(long_prompt) == "sequence 1 starts with a prompt longer than its tokens");
  StepBatch fork;
  fork.forks = {{kParent, kChild}};
  CHECK(detail(fork) == "sequence 1 is forked but not known");
}

TEST_CASE("a sequence that the model cannot compute is named, and the batch goes on without harm") {
  auto sequences = table();
  StepBatch batch = start(kParent, {5, 100, 7});
  batch.starts.push_back(start(kChild, {5, 6}).starts.front());
  const auto failed = sequences.apply(batch);
  REQUIRE(failed.has_value());
  REQUIRE(failed->size() == 1);
  CHECK(failed->front().id == kParent);
  CHECK(failed->front().error.code == Errc::kInvalidValue);
  CHECK(failed->front().error.detail == "token 100 is outside the model's vocabulary of 100");
  CHECK(sequences.find(kParent)->tokens == std::vector<TokenId>{0, 0, 0});
  CHECK(sequences.find(kChild)->tokens == std::vector<TokenId>{5, 6});
}

TEST_CASE("negative tokens and sampling that the model cannot do are one sequence's fault") {
  const auto code = [](const StepBatch& batch) {
    auto sequences = table();
    return sequences.apply(batch).value().at(0).error.code;
  };
  CHECK(code(start(kParent, {-1})) == Errc::kInvalidValue);
  SamplingParams sampling;
  sampling.logit_bias = {{100, 1.0F}};
  CHECK(code(start(kParent, {1}, sampling)) == Errc::kInvalidValue);
}

TEST_CASE("forced tokens stand behind the sampled one, as many as the completion may have") {
  SamplingParams sampling;
  CHECK(forced_after_30(sampling) == testing::forced_behind(30));
  sampling.max_tokens = 3;
  CHECK(forced_after_30(sampling).size() == 2);
  sampling.max_tokens = 1;
  CHECK(forced_after_30(sampling).empty());
}

TEST_CASE("nothing is forced on who wants log-probabilities, biases tokens or searches beams") {
  SamplingParams logprobs;
  logprobs.num_logprobs = 0;
  SamplingParams biased;
  biased.logit_bias = {{7, -100.0F}};
  SamplingParams beams;
  beams.beam_width = 2;
  for (const SamplingParams& sampling : {logprobs, biased, beams})
    CHECK(forced_after_30(sampling).empty());
}

TEST_CASE("nothing is forced behind a token that is not known, nor on a sequence that has gone") {
  auto sequences = SequenceTable({2, 3}, 300);
  SamplingParams sampling;
  sampling.constraint = std::make_shared<testing::ScriptedConstraint>();
  REQUIRE(sequences.apply(start(kParent, {5, 6}, sampling)).has_value());
  const std::size_t index = sequences.append(kParent, -1);
  CHECK(sequences.force(kParent, index).empty());
  sequences.resolve(kParent, index, 30);
  CHECK(sequences.force(kParent, index - 1).empty());
  CHECK(sequences.force(kParent, index).size() == 3);
  CHECK(sequences.force(kChild, 2).empty());
  StepBatch plain = start(kChild, {5, 6});
  REQUIRE(sequences.apply(plain).has_value());
  CHECK(sequences.force(kChild, sequences.append(kChild, 30)).empty());
}

TEST_CASE("a single forced token is left to be sampled") {
  class One final : public TokenMatcher, public TokenConstraint {
    bool accept(TokenId) override { return true; }
    void fill(std::span<std::uint32_t>) override {}
    std::vector<TokenId> forced(std::span<const std::uint32_t>) override { return {9}; }
    std::unique_ptr<TokenMatcher> fork() const override { return std::make_unique<One>(); }
    std::unique_ptr<TokenMatcher> begin() const override { return std::make_unique<One>(); }
  };
  auto sequences = table();
  SamplingParams sampling;
  sampling.constraint = std::make_shared<One>();
  REQUIRE(sequences.apply(start(kParent, {5}, sampling)).has_value());
  CHECK(sequences.force(kParent, sequences.append(kParent, 8)).empty());
  CHECK(sequences.find(kParent)->tokens.size() == 2);
}
