// How tokens reach a client, and what the end of a request leaves behind.
#include "tests/scheduler/parts.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/print.hpp"

using namespace octavo;
using namespace octavo::testing;
using namespace std::chrono_literals;

namespace {

SampledToken token(TokenId id) {
  SampledToken sampled;
  sampled.token = id;
  return sampled;
}

/// A request of this many choices that runs, its prompt of six tokens computed by each of them.
SequenceGroup& running(Parts& parts, std::int32_t n, std::uint64_t id = 1) {
  Request made = request(id, 6, 9);
  made.sampling.n = n;
  SequenceGroup& group = parts.add(made);
  parts.queues.run(group);
  for (const auto& each : group.sequences) let_run(*each, 6);
  return group;
}

}  // namespace

TEST_CASE("a token is told, counted, and sent to the engine") {
  Parts parts;
  SequenceGroup& group = running(parts, 2);
  SampledToken sampled = token(11);
  sampled.logprob = -0.5F;
  parts.requests.append(*group.sequences[1], sampled, kStart);
  const auto told = events_of<TokensGenerated>(parts.events);
  REQUIRE(told.size() == 1);
  CHECK(told[0].request == RequestId{1});
  CHECK(told[0].choice == 1);
  REQUIRE(told[0].tokens.size() == 1);
  CHECK(told[0].tokens[0].token == 11);
  CHECK(told[0].tokens[0].logprob == -0.5F);
  CHECK_FALSE(told[0].finished);
  CHECK(group.sequences[1]->tokens.back() == 11);
  CHECK(group.usage.num_completion_tokens == 1);
  CHECK(parts.take().appended == std::vector{AppendedToken{group.sequences[1]->id, 11}});
}

TEST_CASE("a sequence that the engine has forgotten keeps its token for when it starts again") {
  Parts parts;
  SequenceGroup& group = running(parts, 1);
  group.sequences[0]->status = SequenceStatus::kOutside;
  parts.requests.append(*group.sequences[0], token(11), kStart);
  CHECK(group.sequences[0]->tokens.back() == 11);
  CHECK(parts.take().appended.empty());
}

TEST_CASE("the times of a request run from its arrival to its last token") {
  Parts parts;
  SequenceGroup& group = running(parts, 1);
  Sequence& sequence = *group.sequences[0];
  sequence.sampling.max_tokens = 3;
  group.first_scheduled = kStart + 2ms;
  parts.requests.append(sequence, token(1), kStart + 7ms);
  parts.requests.append(sequence, token(1), kStart + 10ms);
  parts.requests.append(sequence, token(1), kStart + 20ms);
  const Timings timings = events_of<RequestFinished>(parts.events).at(0).timings;
  CHECK(timings.queue == 2ms);
  CHECK(timings.prefill == 5ms);
  CHECK(timings.ttft == 7ms);
  CHECK(timings.decode == 13ms);
}

TEST_CASE("a request that never ran has waited until its end, and nothing else") {
  Parts parts;
  SequenceGroup& group = parts.add(request(1, 6, 9));
  parts.requests.end_request(group, FinishReason::kCancelled, kStart + 5ms);
  const Timings timings = events_of<RequestFinished>(parts.events).at(0).timings;
  CHECK(timings.queue == 5ms);
  CHECK(timings.prefill == 0ns);
  CHECK(timings.ttft == 0ns);
  CHECK(timings.decode == 0ns);
  CHECK(parts.take().released.empty());  // The engine has not heard of it.
}

TEST_CASE("a sequence that ends gives back its blocks, its seat and its place in the engine") {
  Parts parts;
  SequenceGroup& group = running(parts, 2);
  const SequenceId ended = group.sequences[0]->id;
  SECTION("at once") {
    parts.requests.end_choice(*group.sequences[0], FinishReason::kStop, kStart);
    CHECK(parts.credits.num_free() == 10);
    CHECK(parts.credits.num_pending() == 0);
  }
  SECTION("once the result says how many, where others may hold them") {
    parts.builder.adopt(*group.sequences[1], 1);
    parts.requests.end_choice(*group.sequences[0], FinishReason::kStop, kStart);
    CHECK(parts.credits.num_free() == 9);
    CHECK(parts.credits.num_pending() == 1);
  }
  SECTION("once the result says how many, where they are on their way") {
    group.sequences[0]->status = SequenceStatus::kArriving;
    parts.requests.end_choice(*group.sequences[0], FinishReason::kStop, kStart);
    CHECK(parts.credits.num_pending() == 2);
  }
  CHECK(parts.queues.num_running() == 1);
  CHECK(parts.take().released == std::vector{ended});
  REQUIRE(group.sequences.size() == 1);
  CHECK(group.sequences[0]->choice == 1);
  const auto told = events_of<TokensGenerated>(parts.events);
  REQUIRE(told.size() == 1);
  CHECK(told[0].choice == 0);
  CHECK(told[0].tokens.empty());
  CHECK(told[0].finished == FinishReason::kStop);
  CHECK(events_of<RequestFinished>(parts.events).empty());
}

TEST_CASE("a request ends once, with its last choice and for that one's reason") {
  Parts parts;
  SequenceGroup& group = running(parts, 2);
  group.num_preemptions = 3;
  group.num_shared_blocks = 4;
  parts.requests.end_choice(*group.sequences[1], FinishReason::kStop, kStart);
  parts.requests.end_choice(*group.sequences[0], FinishReason::kLength, kStart);
  const auto finished = events_of<RequestFinished>(parts.events);
  REQUIRE(finished.size() == 1);
  CHECK(finished[0].request == RequestId{1});
  CHECK(finished[0].reason == FinishReason::kLength);
  CHECK_FALSE(finished[0].error);
  CHECK(finished[0].usage.num_prompt_tokens == 6);
  CHECK(finished[0].num_preemptions == 3);
  CHECK(finished[0].num_shared_blocks == 4);
  CHECK(parts.requests.find(RequestId{1}) == nullptr);
  CHECK(parts.requests.is_empty());
  CHECK(parts.queues.running().empty());
}

TEST_CASE("the end of a whole request is told to each choice that is still there") {
  Parts parts;
  SequenceGroup& group = running(parts, 3);
  parts.requests.end_choice(*group.sequences[1], FinishReason::kStop, kStart);
  parts.events.clear();
  const Error error{Errc::kEngineError, "the device fell over", ""};
  parts.requests.end_request(group, FinishReason::kError, kStart, error);
  const auto told = events_of<TokensGenerated>(parts.events);
  REQUIRE(told.size() == 2);
  CHECK(told[0].choice == 0);
  CHECK(told[1].choice == 2);
  CHECK(told[1].finished == FinishReason::kError);
  CHECK(events_of<RequestFinished>(parts.events).at(0).error == error);
  CHECK(parts.take().released.size() == 3);
}

TEST_CASE("the end of a beam search is told to each choice that the client waits for") {
  Parts parts;
  Request beams = request(1, 6, 9);
  beams.sampling.beam_width = 3;
  beams.sampling.n = 2;
  parts.requests.end_request(parts.add(beams), FinishReason::kCancelled, kStart);
  const auto told = events_of<TokensGenerated>(parts.events);
  REQUIRE(told.size() == 2);
  CHECK(told[0].choice == 0);
  CHECK(told[1].choice == 1);
}

TEST_CASE("what lies on the host is not given back to the device") {
  Parts parts;
  SequenceGroup& group = running(parts, 1);
  parts.queues.preempt(group, GroupStatus::kSwapped);
  parts.requests.end_request(group, FinishReason::kCancelled, kStart);
  CHECK(parts.credits.num_pending() == 0);
  CHECK(parts.take().released.size() == 1);
}

TEST_CASE("a sequence that ends is kept while a step in flight points to it") {
  Parts parts;
  SequenceGroup& group = running(parts, 1);
  Sequence& sequence = *group.sequences[0];
  SharedTail other;
  sequence.tail.share_with(other);
  sequence.num_steps_in_flight = 1;
  parts.requests.end_request(group, FinishReason::kCancelled, kStart);
  parts.requests.forget_retired();
  CHECK(sequence.status == SequenceStatus::kFinished);
  CHECK(sequence.group == nullptr);
  CHECK_FALSE(other.is_shared());
  sequence.num_steps_in_flight = 0;
  parts.requests.forget_retired();
}

TEST_CASE("a sequence that ends releases its reservation for the next request") {
  SchedulerConfig config = small_config();
  config.kv_allocator = KvAllocator::kOrcaMax;
  Parts parts(config);
  SequenceGroup& first = parts.add(request(1, 6, 9));
  SequenceGroup& second = parts.add(request(2, 6, 9));
  REQUIRE(parts.reservations.reserve(first, 8));
  REQUIRE_FALSE(parts.reservations.reserve(second, 8));
  parts.requests.end_request(first, FinishReason::kCancelled, kStart);
  CHECK(parts.reservations.reserve(second, 8));
}
