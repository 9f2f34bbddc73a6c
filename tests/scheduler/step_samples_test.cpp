// What the tokens and the failures of a step mean for the sequences that it concerned.
#include "src/scheduler/step_outcome.hpp"
#include "tests/scheduler/parts.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/print.hpp"

using namespace octavo;
using namespace octavo::testing;

namespace {

const Error kBroken{Errc::kEngineError, "the device fell over", ""};

SequenceGroup& decoding(Parts& parts, std::uint64_t id, std::int32_t n = 1) {
  Request made = request(id, 3, 9);
  made.sampling.n = n;
  SequenceGroup& group = parts.add(made);
  parts.queues.run(group);
  for (const auto& each : group.sequences) {
    let_decode(*each);
    parts.credits.promise(1);
  }
  return group;
}

/// One step of all these sequences.
StepInFlight step_of(Parts& parts, const std::vector<SequenceGroup*>& groups) {
  for (SequenceGroup* group : groups) {
    for (const auto& each : group->sequences) parts.builder.schedule(*each, 1);
  }
  StepInFlight step;
  parts.take(step);
  return step;
}

SampledToken sample(std::uint64_t sequence, TokenId token) {
  return {SequenceId{sequence}, token, std::nullopt, {}};
}

/// The requests that have ended, by id.
std::vector<std::uint64_t> ended(const Parts& parts) {
  std::vector<std::uint64_t> ids;
  for (const RequestFinished& each : events_of<RequestFinished>(parts.events))
    ids.push_back(each.request.value);
  std::sort(ids.begin(), ids.end());
  return ids;
}

}  // namespace

TEST_CASE("each sample goes to the sequence it names, and those without one are passed over") {
  Parts parts;
  SequenceGroup& first = decoding(parts, 1);
  SequenceGroup& second = decoding(parts, 2);
  SequenceGroup& third = decoding(parts, 3);
  const StepInFlight step = step_of(parts, {&first, &second, &third});
  parts.outcome.append_samples(step, {sample(1, 11), sample(3, 33)}, kStart);
  CHECK(first.sequences[0]->tokens.back() == 11);
  CHECK(first.sequences[0]->num_samples_in_flight == 0);
  CHECK(second.sequences[0]->num_samples_in_flight == 1);
  CHECK(third.sequences[0]->tokens.back() == 33);
  CHECK(parts.take().appended.size() == 2);
}

TEST_CASE("a sequence that has ended drops its token, one that was thrown away keeps it") {
  Parts parts;
  SequenceGroup& cancelled = decoding(parts, 1);
  SequenceGroup& preempted = decoding(parts, 2);
  const StepInFlight step = step_of(parts, {&cancelled, &preempted});
  parts.requests.end_request(cancelled, FinishReason::kCancelled, kStart);
  parts.preemptor.preempt(preempted, PreemptionMode::kRecompute);
  parts.events.clear();
  parts.outcome.append_samples(step, {sample(1, 11), sample(2, 22)}, kStart);
  const auto told = events_of<TokensGenerated>(parts.events);
  REQUIRE(told.size() == 1);
  CHECK(told[0].request == RequestId{2});
  CHECK(preempted.sequences[0]->tokens.back() == 22);
  CHECK(parts.take().appended.empty());
}

TEST_CASE(
    "a sample for a position that has a forced token is dropped, and is no longer in flight") {
  Parts parts;
  SequenceGroup& group = decoding(parts, 1);
  Sequence& sequence = *group.sequences[0];
  const StepInFlight step = step_of(parts, {&group});
  const StepInFlight next = step_of(parts, {&group});
  SampledToken sampled = sample(1, 11);
  sampled.forced = {12, 13};
  parts.outcome.append_samples(step, {sampled}, kStart);
  const auto tokens = sequence.tokens;
  CHECK(parts.take().appended.size() == 3);
  parts.events.clear();
  parts.outcome.append_samples(next, {sample(1, 12)}, kStart);
  CHECK(sequence.tokens == tokens);
  CHECK(sequence.num_samples_in_flight == 0);
  CHECK(parts.events.empty());
  CHECK(parts.take().appended.empty());
  CHECK(sequence.num_schedulable() == 2);
}

TEST_CASE("every token is charged to the tenant of its sequence, whoever stands beside it") {
  SchedulerConfig config = small_config();
  config.queue_policy = QueuePolicyName::kFair;
  Parts parts(config);
  SequenceGroup& first = decoding(parts, 1);
  SequenceGroup& other = decoding(parts, 2);
  SequenceGroup& second = decoding(parts, 3);
  other.tenant = 5;
  auto waiting = make_group(8, 4);
  auto other_waiting = make_group(9, 4);
  other_waiting->tenant = 5;
  parts.queues.add(*waiting);
  parts.queues.add(*other_waiting);
  const StepInFlight step = step_of(parts, {&first, &other, &second});
  parts.outcome.append_samples(step, {sample(1, 1), sample(2, 1), sample(3, 1)}, kStart);
  CHECK(&parts.queues.next_waiting() == other_waiting.get());  // One token against two.
  parts.queues.charge(5, 1, 0);
  CHECK(&parts.queues.next_waiting() == other_waiting.get());
  parts.queues.charge(5, 1, 0);
  CHECK(&parts.queues.next_waiting() == waiting.get());  // As much for both: by arrival.
  SampledToken forced = sample(2, 1);
  forced.forced = {1, 1};
  parts.outcome.append_samples(step_of(parts, {&other}), {forced}, kStart);
  parts.queues.charge(0, 0, 3);
  CHECK(&parts.queues.next_waiting() == waiting.get());  // Forced ones count like sampled ones.
  parts.queues.charge(0, 1, 0);
  CHECK(&parts.queues.next_waiting() == other_waiting.get());
}

TEST_CASE("the hypotheses of a search advance together, each by its own candidates") {
  Parts parts;
  Request made = request(1, 3, 9);
  made.sampling.beam_width = 2;
  SequenceGroup& group = parts.add(made);
  parts.queues.run(group);
  let_run(*group.sequences[0], 2);
  StepInFlight step = step_of(parts, {&group});
  parts.outcome.end(step);
  SampledToken sampled = sample(1, 5);
  sampled.top = {{5, -0.5F}, {6, -0.6F}, {7, -9.0F}};
  parts.outcome.append_samples(step, {sampled}, kStart);
  REQUIRE(group.sequences.size() == 2);
  CHECK(group.sequences[0]->num_samples_in_flight == 0);
  CHECK(group.sequences[1]->num_samples_in_flight == 0);
  step = step_of(parts, {&group});
  SampledToken first = sample(1, 8);
  first.top = {{8, -5.0F}};
  SampledToken second = sample(2, 9);
  second.top = {{9, -0.1F}, {10, -0.2F}};
  parts.outcome.append_samples(step, {first, second}, kStart);
  CHECK(group.beams->running(0) == std::vector<TokenId>{6, 9});
  CHECK(group.beams->running(1) == std::vector<TokenId>{6, 10});
}

TEST_CASE("a sequence that could not be computed ends its whole request, with its error") {
  Parts parts;
  SequenceGroup& two = decoding(parts, 1, 2);
  SequenceGroup& other = decoding(parts, 2);
  const StepInFlight step = step_of(parts, {&two, &other});
  const Error error{Errc::kInvalidValue, "no such token", "input"};
  parts.outcome.end_failed(step, {{SequenceId{1}, error}, {SequenceId{2}, kBroken}}, kStart);
  CHECK(ended(parts) == std::vector<std::uint64_t>{1});  // Once, though both have failed.
  const auto finished = events_of<RequestFinished>(parts.events);
  CHECK(finished[0].reason == FinishReason::kError);
  CHECK(finished[0].error == error);
}

TEST_CASE("a failed sequence is found among those that started, and an unknown one is nobody's") {
  Parts parts;
  SequenceGroup& group = parts.add(request(1, 3, 9));
  parts.queues.run(group);
  parts.builder.limit_prefill(0);
  parts.builder.start(*group.sequences[0], nullptr);
  StepInFlight step;
  parts.take(step);
  parts.outcome.end_failed(step, {{SequenceId{77}, kBroken}}, kStart);
  CHECK(ended(parts).empty());
  parts.outcome.end_failed(step, {{SequenceId{1}, kBroken}}, kStart);
  CHECK(ended(parts) == std::vector<std::uint64_t>{1});
}

TEST_CASE("a failed step ends those who run, and leaves those who wait") {
  Parts parts;
  decoding(parts, 1);
  SequenceGroup& in_step = decoding(parts, 2);
  parts.add(request(3, 3, 9));
  const StepInFlight step = step_of(parts, {&in_step});
  parts.outcome.end_begun(step, kBroken, kStart);
  CHECK(ended(parts) == std::vector<std::uint64_t>{1, 2});
  CHECK(events_of<RequestFinished>(parts.events)[0].error == kBroken);
  CHECK(parts.requests.find(RequestId{3}) != nullptr);
}

TEST_CASE("a failed step ends those preempted ones whose content it touched, and no others") {
  SchedulerConfig config = small_config();
  config.num_host_blocks = 8;
  Parts parts(config);
  SequenceGroup& settled = decoding(parts, 1);
  SequenceGroup& computing = decoding(parts, 2);
  SequenceGroup& moving = decoding(parts, 3);
  SequenceGroup& moved_later = decoding(parts, 4);
  parts.preemptor.preempt(settled, PreemptionMode::kRecompute);
  parts.preemptor.preempt(moving, PreemptionMode::kSwap);
  StepInFlight step = step_of(parts, {&computing});
  parts.preemptor.preempt(computing, PreemptionMode::kRecompute);
  parts.preemptor.preempt(moved_later, PreemptionMode::kSwap);
  SECTION("while the later step is in flight too") {
    computing.sequences[0]->num_steps_in_flight = 2;
  }
  SECTION("though it was its only step") {}
  parts.outcome.end(step);
  parts.outcome.end_begun(step, kBroken, kStart);
  CHECK(ended(parts) == std::vector<std::uint64_t>{2, 3});
}

TEST_CASE("a failed step ends the preempted search whose hypotheses it would have extended") {
  Parts parts;
  SequenceGroup& group = decoding(parts, 1);
  parts.builder.extend(group);
  parts.builder.extend(*make_group(9, 3));  // It has ended since.
  parts.preemptor.preempt(group, PreemptionMode::kRecompute);
  StepInFlight step;
  parts.take(step);
  parts.outcome.end_begun(step, kBroken, kStart);
  CHECK(ended(parts) == std::vector<std::uint64_t>{1});
}
