// What must hold under random traffic, audited after every step.
#include <cstdlib>

#include "tests/support/catch.hpp"
#include "tests/support/random_ring.hpp"

using namespace octavo;
using testing::RandomRing;

namespace {

/// What one run saw, so that the tests can say that the traffic was heavy enough to mean something.
struct Seen {
  std::int64_t num_steps = 0;
  std::int64_t num_swaps = 0;
  std::int64_t num_recomputes = 0;
  std::int64_t num_copies = 0;
  std::int64_t num_hit_tokens = 0;
  std::int64_t num_demoted = 0;
  std::int64_t num_promoted = 0;
  std::int64_t num_forks = 0;
  std::int64_t num_failures = 0;
  std::int64_t num_errors = 0;  ///< Requests that one sequence's fault ended.
  std::int64_t num_forced = 0;

  void add(const RandomRing& ring) {
    const CacheTotals& totals = ring.blocks().totals();
    num_swaps += ring.scheduler().status().num_preemptions_swap;
    num_recomputes += ring.scheduler().status().num_preemptions_recompute;
    num_copies += totals.num_copied;
    num_hit_tokens += totals.num_hit_tokens;
    num_demoted += totals.num_demoted;
    num_promoted += totals.num_promoted;
    num_forks += ring.num_forks();
    num_failures += ring.num_failures();
    num_forced += ring.scheduler().status().num_forced_tokens;
    for (const auto& [id, conversation] : ring.conversations()) {
      if (conversation.error && conversation.error->code == Errc::kInvalidValue) ++num_errors;
    }
  }
};

void check_plan(const RandomRing& ring, const StepPlan& plan) {
  std::int32_t num_tokens = 0;
  for (const ScheduledSequence& each : plan.scheduled) num_tokens += each.num_tokens;
  CHECK(num_tokens <= ring.config().max_num_batched_tokens);
  CHECK(static_cast<std::int32_t>(plan.scheduled.size()) <= ring.config().max_num_seqs);
}

void check_memory(const RandomRing& ring) {
  const BlockAudit audit = ring.blocks().audit();
  INFO(audit.fault);
  CHECK(audit.is_consistent);
  CHECK(ring.scheduler().status().num_free_blocks <= ring.blocks().num_free());
}

/// What follows the prompt when nothing interrupts it: sampled tokens, and those that are forced
/// behind some of them.
std::vector<TokenId> uninterrupted(std::vector<TokenId> tokens, std::size_t num_tokens) {
  const std::size_t num_prompt = tokens.size();
  while (tokens.size() < num_prompt + num_tokens) {
    tokens.push_back(testing::next_token(tokens, RandomRing::kVocabSize));
    const auto forced = testing::forced_after(tokens, RandomRing::kVocabSize);
    tokens.insert(tokens.end(), forced.begin(), forced.end());
  }
  tokens.erase(tokens.begin(), tokens.begin() + static_cast<std::ptrdiff_t>(num_prompt));
  tokens.resize(num_tokens);
  return tokens;
}

void check_completions(const RandomRing& ring) {
  for (const auto& [id, conversation] : ring.conversations()) {
    if (conversation.is_beam_search) continue;
    CAPTURE(id.value);
    for (const auto& [choice, tokens] : conversation.tokens)
      CHECK(tokens == uninterrupted(conversation.prompt, tokens.size()));
  }
}

// Preempted, chunked, shared or crowded: the same token.
void check_tokens(const RandomRing& ring, const TokensGenerated& event) {
  const RandomRing::Conversation& conversation = ring.conversations().at(event.request);
  if (conversation.is_beam_search) return;
  std::vector<TokenId> context = conversation.prompt;
  const std::vector<TokenId>& known = conversation.tokens.at(event.choice);
  context.insert(context.end(), known.begin(), known.end());
  for (const SampledToken& each : event.tokens) {
    CHECK(each.token == testing::next_token(context, RandomRing::kVocabSize));
    context.push_back(each.token);
  }
}

void check_ends(const RandomRing& ring) {
  const BlockManager& blocks = ring.blocks();
  CHECK(ring.scheduler().is_idle());
  CHECK(blocks.num_free() == blocks.num_blocks());
  CHECK(blocks.audit().host.num_owned == 0);
  CHECK(blocks.audit().host.num_in_transfer == 0);
  CHECK(blocks.num_sequences() == 0);
  CHECK(blocks.num_table_blocks() == 0);
  CHECK(blocks.num_tokens_held() == 0);
  if (ring.num_failures() == 0) CHECK(ring.executor().num_sequences() == 0);
  for (const auto& [id, conversation] : ring.conversations()) {
    CAPTURE(id.value);
    CHECK(conversation.num_finished + conversation.num_rejected == 1);
    for (const auto& [choice, ends] : conversation.num_ends) CHECK(ends == 1);
  }
}

/// Without a failing device only those end by an error whose own tokens were at fault.
void check_errors(const RandomRing& ring) {
  if (ring.num_failures() > 0) return;
  for (const auto& [id, conversation] : ring.conversations()) {
    if (!conversation.error) continue;
    CAPTURE(id.value);
    CHECK(conversation.error->code == Errc::kInvalidValue);
    CHECK(std::count(conversation.prompt.begin(), conversation.prompt.end(),
                     RandomRing::kVocabSize) > 0);
  }
}

/// Nobody is told to go on who was not told to stop, and the reason is the same both times.
class Returns {
 public:
  void observe(const RequestEvent& event) {
    if (const auto* preempted = std::get_if<RequestPreempted>(&event))
      modes_[preempted->request] = preempted->mode;
    if (const auto* resumed = std::get_if<RequestResumed>(&event)) {
      const auto found = modes_.find(resumed->request);
      REQUIRE(found != modes_.end());
      CHECK(found->second == resumed->mode);
      modes_.erase(found);
    }
  }

 private:
  std::map<RequestId, PreemptionMode> modes_;
};

/// OCTAVO_PROPERTY_STEPS audited steps in all; a million unless told otherwise.
std::int64_t num_steps_wanted() {
  const char* asked = std::getenv("OCTAVO_PROPERTY_STEPS");
  return asked == nullptr ? 1'000'000 : std::atoll(asked);
}

Seen run_until(std::int64_t num_steps, std::uint64_t first_seed, RandomRing::Faults faults) {
  Seen seen;
  for (std::uint64_t seed = first_seed; seen.num_steps < num_steps; ++seed) {
    CAPTURE(seed);
    RandomRing ring(seed, faults);
    Returns returns;
    ring.on_plan = [&](const StepPlan& plan) { check_plan(ring, plan); };
    ring.on_batch = [&](const StepBatch&) {
      check_memory(ring);
      ++seen.num_steps;
    };
    ring.on_event = [&](const RequestEvent& event) {
      const auto* tokens = std::get_if<TokensGenerated>(&event);
      if (tokens != nullptr && !faults.forced_tokens) check_tokens(ring, *tokens);
      returns.observe(event);
    };
    REQUIRE(ring.run(1000));
    check_ends(ring);
    check_errors(ring);
    if (faults.forced_tokens) check_completions(ring);
    seen.add(ring);
  }
  return seen;
}

}  // namespace

TEST_CASE(
    "no block is lost or owned twice and every request ends exactly once under random traffic") {
  const Seen seen = run_until(num_steps_wanted(), 1, {});
  CHECK(seen.num_swaps * 400 > seen.num_steps);
  CHECK(seen.num_recomputes * 200 > seen.num_steps);
  CHECK(seen.num_copies * 100 > seen.num_steps);
  CHECK(seen.num_forks * 100 > seen.num_steps);
  CHECK(seen.num_hit_tokens * 10 > seen.num_steps);
  CHECK(seen.num_demoted * 10 > seen.num_steps);
  CHECK(seen.num_promoted * 50 > seen.num_steps);
}

TEST_CASE("steps that fail lose no block, and nothing they should have written is found again") {
  const Seen seen =
      run_until(num_steps_wanted() / 10, 1'000'000, {.failing_steps = true, .bad_tokens = true});
  CHECK(seen.num_failures > 10);
}

TEST_CASE("a prompt that the model cannot compute ends alone, whatever runs beside it") {
  const Seen seen = run_until(num_steps_wanted() / 10, 2'000'000, {.bad_tokens = true});
  CHECK(seen.num_failures == 0);
  CHECK(seen.num_errors > 100);
}

TEST_CASE("a completion with forced tokens is the same at any preemption, and no block is lost") {
  const Seen seen = run_until(num_steps_wanted() / 4, 3'000'000, {.forced_tokens = true});
  CHECK(seen.num_forced * 10 > seen.num_steps);
  CHECK(seen.num_swaps * 400 > seen.num_steps);
  CHECK(seen.num_recomputes * 200 > seen.num_steps);
  CHECK(seen.num_failures == 0);
}

TEST_CASE("steps that fail lose no forced token that was told, and no block") {
  const Seen seen = run_until(num_steps_wanted() / 10, 4'000'000,
                              {.failing_steps = true, .bad_tokens = true, .forced_tokens = true});
  CHECK(seen.num_failures > 10);
  CHECK(seen.num_forced * 10 > seen.num_steps);
}
