// What becomes of tokens that a constraint forces behind a sampled one, while the step after it is
// on its way already.
#include <deque>

#include "tests/scheduler/small_ring.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/print.hpp"

using namespace octavo;
using namespace octavo::testing;

namespace {

using Tokens = std::vector<TokenId>;

SchedulerConfig with_two_in_flight() {
  SchedulerConfig config = small_config();
  config.max_steps_in_flight = 2;
  config.num_host_blocks = 8;
  return config;
}

/// Scheduler and block manager, step by step; the samples are 1, 2, 3 and so on.
struct Ring {
  explicit Ring(std::int32_t max_tokens, const SchedulerConfig& config = with_two_in_flight())
      : scheduler(config), blocks(config.cache()) {
    scheduler.submit(request(1, 3, max_tokens), kStart);
  }

  bool launch() {
    auto plan = scheduler.plan(kStart);
    if (!plan) return false;
    batches.push_back(blocks.reserve(std::move(*plan)));
    num_steps += batches.back().scheduled.empty() ? 0 : 1;
    return true;
  }
  /// The oldest step comes back, with these tokens behind each of its samples.
  void complete(const Tokens& forced = {}) {
    const StepBatch batch = std::move(batches.front());
    batches.pop_front();
    StepResult result;
    result.id = batch.id;
    for (const auto* transfers : {&batch.demotions, &batch.promotions}) {
      for (const Transfer& each : *transfers) result.transfers_finished.push_back(each.id);
    }
    for (const ScheduledSequence& each : batch.scheduled) {
      if (each.samples) result.sampled.push_back({each.id, ++last, std::nullopt, {}, forced});
    }
    scheduler.complete(batch.receipt, result, kStart);
    for (const TokensGenerated& each : events_of<TokensGenerated>(scheduler.take_events())) {
      for (const SampledToken& token : each.tokens) told.push_back(token.token);
      if (each.finished) finished = each.finished;
    }
    CHECK(blocks.audit().is_consistent);
  }
  void run_to_the_end() {
    while (launch() || !batches.empty()) {
      if (!batches.empty()) complete();
    }
    CHECK(scheduler.is_idle());
    CHECK(blocks.num_free() == blocks.num_blocks());
  }
  const ScheduledSequence& planned() const { return batches.back().scheduled.at(0); }

  Scheduler scheduler;
  BlockManager blocks;
  std::deque<StepBatch> batches;
  Tokens told;
  std::optional<FinishReason> finished;
  TokenId last = 0;
  int num_steps = 0;
};

/// The step that samples token 2 has brought three more, and the one after it is on its way.
void begin_with_forced(Ring& ring) {
  REQUIRE(ring.launch());
  ring.complete();
  REQUIRE(ring.launch());
  REQUIRE(ring.launch());
  CHECK(ring.planned() == ScheduledSequence{SequenceId{1}, 4, 1, true});
  ring.complete({21, 22, 23});
}

}  // namespace

TEST_CASE("forced tokens are computed in one piece, and what was to be sampled there is dropped") {
  Ring ring(9);
  begin_with_forced(ring);
  CHECK(ring.told == Tokens{1, 2, 21, 22, 23});
  REQUIRE(ring.launch());
  CHECK(ring.planned() == ScheduledSequence{SequenceId{1}, 5, 3, true});
  ring.complete();  // The sample of position 5, which is 21.
  CHECK(ring.told == Tokens{1, 2, 21, 22, 23});
  REQUIRE(ring.launch());
  CHECK(ring.planned() == ScheduledSequence{SequenceId{1}, 8, 1, true});
  ring.complete();
  CHECK(ring.told == Tokens{1, 2, 21, 22, 23, 4});
  ring.run_to_the_end();
  CHECK(ring.told.size() == 9);
  CHECK(ring.scheduler.status().num_tokens == 9);
  CHECK(ring.scheduler.status().num_forced_tokens == 3);
}

TEST_CASE("an answer with forced tokens takes fewer steps") {
  Ring forced(20), sampled(20);
  while (forced.launch() || !forced.batches.empty()) {
    while (forced.launch()) {
    }
    forced.complete({21, 22, 23, 24});
  }
  sampled.run_to_the_end();
  CHECK(forced.told.size() == 20);
  CHECK(sampled.num_steps == 20);
  CHECK(forced.num_steps == 7);  // Two for each piece of five, and one for the first.
}

TEST_CASE("with one step in flight nothing is sampled in vain") {
  SchedulerConfig config = with_two_in_flight();
  config.max_steps_in_flight = 1;
  Ring ring(9, config);
  REQUIRE(ring.launch());
  ring.complete({21, 22});
  REQUIRE(ring.launch());
  CHECK(ring.planned() == ScheduledSequence{SequenceId{1}, 3, 3, true});
  ring.run_to_the_end();
  CHECK(ring.told == Tokens{1, 21, 22, 2, 3, 4, 5, 6, 7});
}

TEST_CASE(
    "a completion ends with the forced token that is its last, and what follows is nobody's") {
  Ring ring(4);
  begin_with_forced(ring);
  CHECK(ring.told == Tokens{1, 2, 21, 22});
  CHECK(ring.finished == FinishReason::kLength);
  ring.run_to_the_end();
  CHECK(ring.told == Tokens{1, 2, 21, 22});
}

TEST_CASE("a request that is cancelled between its forced tokens leaves nothing behind") {
  Ring ring(9);
  begin_with_forced(ring);
  const bool is_planned = GENERATE(false, true);
  if (is_planned) REQUIRE(ring.launch());
  ring.scheduler.cancel(RequestId{1}, CancelReason::kStopMatched, kStart);
  ring.scheduler.take_events();
  ring.run_to_the_end();
  CHECK(ring.told == Tokens{1, 2, 21, 22, 23});
}

TEST_CASE("a sequence that is thrown away keeps its forced tokens, and is computed with them") {
  Ring ring(9);
  begin_with_forced(ring);
  ring.scheduler.preempt(RequestId{1}, PreemptionMode::kRecompute);
  REQUIRE(ring.launch());
  CHECK(ring.batches.back().scheduled.empty());
  ring.complete();  // What it would have sampled, had nothing been forced.
  CHECK(ring.told == Tokens{1, 2, 21, 22, 23});
  ring.complete();
  REQUIRE(ring.launch());
  CHECK(ring.batches.back().starts.at(0).tokens == Tokens{1, 1, 1, 1, 2, 21, 22, 23});
  CHECK(ring.planned().samples);
  ring.run_to_the_end();
  CHECK(ring.told.size() == 9);
}

TEST_CASE("a sequence that is moved out comes back and computes its forced tokens then") {
  Ring ring(9);
  begin_with_forced(ring);
  ring.scheduler.preempt(RequestId{1}, PreemptionMode::kSwap);
  REQUIRE(ring.launch());
  ring.complete();
  ring.complete();
  while (ring.batches.empty() || ring.batches.back().scheduled.empty()) {
    REQUIRE(ring.launch());
    if (ring.batches.back().scheduled.empty()) ring.complete();
  }
  CHECK(ring.planned() == ScheduledSequence{SequenceId{1}, 5, 3, true});
  ring.run_to_the_end();
  CHECK(ring.told.size() == 9);
  CHECK(ring.told[4] == 23);
}
