// Scheduler and block manager in a ring: the bytes are the draws of the random traffic that
// tests/property drives, so a fuzzer looks for the traffic that breaks what must always hold.
#include "tests/fuzz/support.hpp"
#include "tests/support/random_ring.hpp"

namespace octavo::fuzz {
namespace {

using testing::RandomRing;

void check_memory(const RandomRing& ring) {
  const BlockAudit audit = ring.blocks().audit();
  expect(audit.is_consistent, audit.fault);
  expect(ring.scheduler().status().num_free_blocks <= ring.blocks().num_free(),
         "the scheduler promises more blocks than there are");
}

void check_plan(const RandomRing& ring, const StepPlan& plan) {
  std::int32_t num_tokens = 0;
  for (const ScheduledSequence& each : plan.scheduled) num_tokens += each.num_tokens;
  expect(num_tokens <= ring.config().max_num_batched_tokens, "a step over its budget");
}

// Preempted, chunked, shared or crowded: the same token.
void check_tokens(const RandomRing& ring, const TokensGenerated& event) {
  const RandomRing::Conversation& conversation = ring.conversations().at(event.request);
  if (conversation.is_beam_search) return;
  std::vector<TokenId> context = conversation.prompt;
  const auto& known = conversation.tokens.at(event.choice);
  context.insert(context.end(), known.begin(), known.end());
  for (const SampledToken& each : event.tokens) {
    expect(each.token == testing::next_token(context, RandomRing::kVocabSize), "another token");
    context.push_back(each.token);
  }
}

void check_ends(const RandomRing& ring) {
  expect(ring.scheduler().is_idle(), "the scheduler is not idle");
  expect(ring.blocks().num_free() == ring.blocks().num_blocks(), "a block is lost");
  expect(ring.blocks().audit().host.num_owned == 0, "a block of the host is lost");
  expect(ring.blocks().num_sequences() == 0, "a sequence is left");
  for (const auto& [id, conversation] : ring.conversations()) {
    expect(conversation.num_finished + conversation.num_rejected == 1, "not one end of a request");
    for (const auto& [choice, ends] : conversation.num_ends)
      expect(ends == 1, "not one end of a choice");
  }
}

}  // namespace
}  // namespace octavo::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace octavo;
  if (size < 16) return -1;
  fuzz::Input input(data, size);
  const std::uint8_t faults = input.byte();
  const std::string_view draws = input.rest();
  fuzz::RandomRing ring(
      testing::Random({reinterpret_cast<const std::uint8_t*>(draws.data()), draws.size()}),
      {.failing_steps = (faults & 1U) != 0, .bad_tokens = (faults & 2U) != 0});
  ring.on_plan = [&](const StepPlan& plan) { fuzz::check_plan(ring, plan); };
  ring.on_batch = [&](const StepBatch&) { fuzz::check_memory(ring); };
  ring.on_event = [&](const RequestEvent& event) {
    if (const auto* tokens = std::get_if<TokensGenerated>(&event))
      fuzz::check_tokens(ring, *tokens);
  };
  const int num_events = static_cast<int>(std::min<std::size_t>(size / 3, 400));
  fuzz::expect(ring.run(num_events), "the traffic does not come to its end");
  fuzz::check_ends(ring);
  return 0;
}
