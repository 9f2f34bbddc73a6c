#include "src/replay/run/cost_executor.hpp"

#include <set>

#include "tests/support/catch.hpp"

using namespace octavo;

namespace {

constexpr std::int32_t kBlockSize = 4;

/// Steps of 1 s and 1/128 s a token; 1/512 s to move a token. Nothing is rounded.
const CostModel& cost() {
  static const CostModel cost = [] {
    StepFit fit;
    fit.base_s = 1;
    fit.token_s = 1.0 / 128;
    fit.moved_token_s = 1.0 / 512;
    return CostModel(ModelShape{}, fit);
  }();
  return cost;
}

CostExecutor executor(std::uint64_t seed = 1) { return {cost(), kBlockSize, seed}; }

ScheduledSequence scheduled(std::uint64_t id, std::int32_t first, std::int32_t count,
                            bool samples = true) {
  ScheduledSequence scheduled;
  scheduled.id = SequenceId{id};
  scheduled.first_position = first;
  scheduled.num_tokens = count;
  scheduled.samples = samples;
  return scheduled;
}

SequenceStart start(std::uint64_t id, std::uint64_t request, std::int32_t num_tokens = 3) {
  SequenceStart start;
  start.id = SequenceId{id};
  start.request = RequestId{request};
  start.tokens.assign(static_cast<std::size_t>(num_tokens), 7);
  start.num_prompt_tokens = num_tokens;
  start.sampling.seed = 0;
  return start;
}

StepBatch batch_of(std::vector<ScheduledSequence> scheduled) {
  StepBatch batch;
  batch.id = StepId{9};
  batch.scheduled = std::move(scheduled);
  return batch;
}

StepResult run(CostExecutor& executor, const StepBatch& batch) {
  auto result = executor.execute(batch);
  REQUIRE(result.has_value());
  return std::move(*result);
}

TokenId token_at(CostExecutor& executor, std::uint64_t id, std::int32_t position) {
  return run(executor, batch_of({scheduled(id, position - 1, 1)})).sampled.at(0).token;
}

Transfer transfer(std::uint64_t request, TransferDirection direction, std::size_t num_copies) {
  Transfer transfer;
  transfer.id = {StepId{9}, RequestId{request}, direction};
  transfer.copies.resize(num_copies);
  return transfer;
}

}  // namespace

TEST_CASE("a token is sampled for each sequence that samples, in the batch's order") {
  CostExecutor each = executor();
  const StepResult result =
      run(each, batch_of({scheduled(5, 0, 3), scheduled(2, 0, 8, false), scheduled(1, 4, 1)}));
  CHECK(result.id == StepId{9});
  REQUIRE(result.sampled.size() == 2);
  CHECK(result.sampled[0].sequence == SequenceId{5});
  CHECK(result.sampled[1].sequence == SequenceId{1});
  CHECK(result.failed.empty());
}

TEST_CASE("a made-up token is a sequence's at a position, by the seed") {
  CostExecutor one = executor(1);
  CostExecutor same = executor(1);
  CostExecutor other = executor(2);
  std::set<TokenId> tokens;
  int num_equal = 0;
  for (std::uint64_t id = 1; id <= 8; ++id) {
    for (std::int32_t position = 1; position <= 8; ++position) {
      const TokenId token = token_at(one, id, position);
      CHECK((token >= 0 && token < 32768));
      CHECK(token == token_at(same, id, position));
      num_equal += token == token_at(other, id, position) ? 1 : 0;
      tokens.insert(token);
    }
  }
  CHECK(tokens.size() > 60);
  CHECK(num_equal < 3);
  // The position is the one behind the chunk, however the chunk was cut.
  CHECK(run(one, batch_of({scheduled(3, 0, 6)})).sampled[0].token == token_at(one, 3, 6));
}

TEST_CASE("a step takes what the cost model says, and one without tokens no time") {
  CostExecutor each = executor();
  CHECK(run(each, batch_of({scheduled(1, 0, 3), scheduled(2, 5, 1)})).elapsed ==
        std::chrono::microseconds(1031250));
  CHECK(run(each, batch_of({})).elapsed == std::chrono::nanoseconds(0));
}

TEST_CASE("transfers are over when their step is, which lasts as long as the longer of the two") {
  CostExecutor each = executor();
  StepBatch batch = batch_of({scheduled(1, 0, 1)});
  batch.demotions = {transfer(1, TransferDirection::kDemote, 2),
                     transfer(0, TransferDirection::kDemote, 0)};
  batch.promotions = {transfer(2, TransferDirection::kPromote, 3)};
  StepResult result = run(each, batch);
  CHECK(result.transfers_finished == std::vector<TransferId>{batch.demotions[0].id,
                                                             batch.demotions[1].id,
                                                             batch.promotions[0].id});
  CHECK(result.num_blocks_transferred == 5);
  CHECK(result.transfer_elapsed == std::chrono::nanoseconds(5 * kBlockSize * 1953125));
  CHECK(result.elapsed == std::chrono::nanoseconds(1007812500));
  batch.promotions[0].copies.resize(254);
  result = run(each, batch);
  CHECK(result.transfer_elapsed == std::chrono::seconds(2));
  CHECK(result.elapsed == std::chrono::seconds(2));
}

TEST_CASE("known tokens are a request's first choice's, and made up where they are unknown") {
  CostExecutor each = executor();
  CostExecutor unknowing = executor();
  each.set_known_tokens([](RequestId request, std::int64_t position) -> TokenId {
    return position == 6 ? -1 : static_cast<TokenId>(100 * request.value + position);
  });
  StepBatch batch = batch_of({scheduled(1, 0, 5), scheduled(2, 0, 5), scheduled(3, 0, 5)});
  batch.starts = {start(1, 4), start(2, 4), start(3, 5)};
  const StepResult result = run(each, batch);
  CHECK(result.sampled[0].token == 405);
  CHECK(result.sampled[1].token == token_at(unknowing, 2, 5));  // The second choice.
  CHECK(result.sampled[2].token == 505);
  CHECK(token_at(each, 1, 6) == token_at(unknowing, 1, 6));
  CHECK(token_at(each, 1, 7) == 407);
}

TEST_CASE("the first choice is still the first when it starts again") {
  CostExecutor each = executor();
  each.set_known_tokens(
      [](RequestId, std::int64_t position) -> TokenId { return static_cast<TokenId>(position); });
  StepBatch first = batch_of({});
  first.starts = {start(1, 4), start(2, 4)};
  run(each, first);
  StepBatch preempted = batch_of({});
  preempted.released = {SequenceId{1}, SequenceId{2}};
  run(each, preempted);
  CostExecutor unknowing = executor();
  CHECK(token_at(each, 1, 5) == token_at(unknowing, 1, 5));  // It does not run.
  StepBatch again = batch_of({scheduled(2, 0, 5), scheduled(1, 0, 5)});
  again.starts = {start(2, 4), start(1, 4)};
  const StepResult result = run(each, again);
  CHECK(result.sampled[0].token == token_at(unknowing, 2, 5));
  CHECK(result.sampled[1].token == 5);
}
