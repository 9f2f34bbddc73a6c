#include "src/scheduler/requests.hpp"

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

/// What ends the sequence when it is given these tokens.
std::optional<FinishReason> end_after(const SchedulerConfig& config, const Request& request,
                                      const std::vector<TokenId>& tokens) {
  Parts parts(config);
  SequenceGroup& group = parts.add(request);
  parts.queues.run(group);
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (parts.requests.is_empty()) FAIL("ended after " << i << " tokens");
    parts.requests.append(*group.sequences[0], token(tokens[i]), kStart);
  }
  return events_of<TokensGenerated>(parts.events).back().finished;
}

}  // namespace

TEST_CASE("a request becomes a group that waits, with the sequences of its choices") {
  Parts parts;
  Request made = request(5, 6, 9);
  made.sampling.n = 2;
  made.priority = -2;
  made.tenant = 3;
  made.cache_namespace = 4;
  made.deadline = kStart + 1s;
  SequenceGroup& group = parts.add(made);
  CHECK(group.status == GroupStatus::kWaiting);
  CHECK(group.priority == -2);
  CHECK(group.tenant == 3);
  CHECK(group.cache_namespace == 4);
  CHECK(group.deadline == kStart + 1s);
  CHECK(group.max_num_seats == 4);
  CHECK(group.num_choices == 2);
  CHECK(group.usage.num_prompt_tokens == 6);
  REQUIRE(group.sequences.size() == 2);
  for (std::int32_t choice = 0; choice < 2; ++choice) {
    const Sequence& sequence = *group.sequences[static_cast<std::size_t>(choice)];
    CHECK(sequence.id == SequenceId{1 + static_cast<std::uint64_t>(choice)});
    CHECK(sequence.group == &group);
    CHECK(sequence.choice == choice);
    CHECK(sequence.tokens == made.prompt);
    CHECK(sequence.num_prompt_tokens == 6);
    CHECK(sequence.sampling.max_tokens == 9);
  }
  CHECK(parts.queues.num_waiting() == 2);
  CHECK(parts.events.empty());
}

TEST_CASE("requests stand in the order of their arrival, whatever their ids") {
  Parts parts;
  const SequenceGroup& first = parts.add(request(9, 4, 4));
  const SequenceGroup& second = parts.add(request(3, 4, 4));
  CHECK(first.order < second.order);
  CHECK(parts.requests.next_sequence_id() == SequenceId{3});
}

TEST_CASE("a completion is never longer than it has room for, and as long when it is left open") {
  Parts parts;
  CHECK(parts.add(request(1, 10, 0)).sequences[0]->sampling.max_tokens == 22);
  CHECK(parts.add(request(2, 10, 1000)).sequences[0]->sampling.max_tokens == 22);
  CHECK(parts.add(request(3, 10, 21)).sequences[0]->sampling.max_tokens == 21);
}

TEST_CASE("a beam search begins with one sequence and answers as many choices as were asked for") {
  Parts parts;
  Request beams = request(1, 4, 4);
  beams.sampling.beam_width = 3;
  beams.sampling.n = 2;
  const SequenceGroup& group = parts.add(beams);
  CHECK(group.sequences.size() == 1);
  CHECK(group.beams != nullptr);
  CHECK(group.num_choices == 2);
  CHECK(parts.add(request(2, 4, 4)).beams == nullptr);
}

TEST_CASE("the first choice draws with the seed of the request, the others with seeds after it") {
  Parts parts;
  Request three = request(1, 4, 4);
  three.sampling.n = 3;
  three.sampling.seed = 42;
  const SequenceGroup& group = parts.add(three);
  CHECK(group.sequences[0]->sampling.seed == 42);
  CHECK(group.sequences[1]->sampling.seed != 42);
  CHECK(group.sequences[1]->sampling.seed != group.sequences[2]->sampling.seed);
  three.id = RequestId{2};
  const SequenceGroup& again = parts.add(three);
  for (std::size_t i = 0; i < 3; ++i)
    CHECK(again.sequences[i]->sampling.seed == group.sequences[i]->sampling.seed);
}

TEST_CASE("a request without a seed gets one by the server's seed and its own place") {
  const auto seeds_of = [](std::uint64_t server_seed) {
    SchedulerConfig config = small_config();
    config.seed = server_seed;
    Parts parts(config);
    std::vector<std::uint64_t> seeds;
    for (std::uint64_t id : {1, 2})
      seeds.push_back(parts.add(request(id, 4, 4)).sequences[0]->sampling.seed.value());
    return seeds;
  };
  CHECK(seeds_of(1) == seeds_of(1));
  CHECK(seeds_of(1)[0] != seeds_of(1)[1]);
  CHECK(seeds_of(1)[0] != seeds_of(2)[0]);
}

TEST_CASE("a sequence stops at its own stop tokens and at the end of sequence, unless ignored") {
  SchedulerConfig config = small_config();
  config.eos_token_ids = {50, 51};
  Request made = request(1, 4, 9);
  made.sampling.stop_token_ids = {60};
  CHECK(end_after(config, made, {1, 51}) == FinishReason::kStop);
  CHECK(end_after(config, made, {1, 60}) == FinishReason::kStop);
  CHECK(end_after(config, made, {1, 52}) == std::nullopt);
  made.sampling.ignore_eos = true;
  CHECK(end_after(config, made, {50, 51}) == std::nullopt);
  CHECK(end_after(config, made, {50, 60}) == FinishReason::kStop);
}

TEST_CASE("the last token that is allowed ends by length, unless it is a stop") {
  SchedulerConfig config = small_config();
  config.eos_token_ids = {50};
  CHECK(end_after(config, request(1, 4, 2), {1, 2}) == FinishReason::kLength);
  CHECK(end_after(config, request(1, 4, 2), {1, 50}) == FinishReason::kStop);
  Request patient = request(1, 4, 3);
  patient.sampling.min_tokens = 2;
  CHECK(end_after(config, patient, {50, 50}) == std::nullopt);
  CHECK(end_after(config, patient, {50, 50, 50}) == FinishReason::kStop);
  patient.sampling.min_tokens = 3;
  CHECK(end_after(config, patient, {50, 50, 50}) == FinishReason::kLength);
}

TEST_CASE("many deadlines that have passed are named in the order of their ids") {
  Parts parts;
  std::vector<RequestId> ids;
  for (std::uint64_t id = 1; id <= 40; ++id) {
    Request timed = request(id, 4, 4);
    timed.deadline = kStart;
    parts.add(timed);
    ids.push_back(RequestId{id});
  }
  CHECK(parts.requests.expired(kStart) == ids);
}

TEST_CASE("a deadline expires at its moment, whatever else ends before") {
  Parts parts;
  CHECK(parts.requests.expired(kStart + 1h).empty());
  for (std::uint64_t id : {7, 3, 5}) {
    Request timed = request(id, 4, 4);
    timed.deadline = kStart + std::chrono::seconds(id == 5 ? 9 : 1);
    parts.add(timed);
  }
  parts.add(request(1, 4, 4));
  CHECK(parts.requests.expired(kStart + 1s - 1ns).empty());
  CHECK(parts.requests.expired(kStart + 1s) == std::vector{RequestId{3}, RequestId{7}});
  parts.requests.end_request(*parts.requests.find(RequestId{3}), FinishReason::kDeadline, kStart);
  CHECK(parts.requests.expired(kStart + 9s) == std::vector{RequestId{5}, RequestId{7}});
  parts.requests.end_request(*parts.requests.find(RequestId{7}), FinishReason::kStop, kStart);
  parts.requests.end_request(*parts.requests.find(RequestId{1}), FinishReason::kStop, kStart);
  CHECK(parts.requests.expired(kStart + 9s) == std::vector{RequestId{5}});
}

TEST_CASE("forced tokens come with the sampled one in one event, and count as completion tokens") {
  Parts parts;
  SequenceGroup& group = parts.add(request(1, 3, 9));
  parts.queues.run(group);
  let_run(*group.sequences[0], 3);
  SampledToken sampled = token(11);
  sampled.forced = {12, 13};
  parts.requests.append(*group.sequences[0], sampled, kStart);
  CHECK(group.usage.num_completion_tokens == 3);
  CHECK(group.sequences[0]->num_forced == 2);
  const auto told = events_of<TokensGenerated>(parts.events);
  REQUIRE(told.size() == 1);
  REQUIRE(told[0].tokens.size() == 3);
  CHECK(told[0].tokens[0].token == 11);
  CHECK(told[0].tokens[0].forced.empty());
  CHECK(told[0].tokens[2].token == 13);
  CHECK(parts.take().appended.size() == 3);
  parts.requests.append(*group.sequences[0], token(14), kStart);
  CHECK(group.sequences[0]->num_forced == 0);
}

TEST_CASE("a forced token that stops ends the sequence, and those behind it are not told") {
  Parts parts;
  Request made = request(1, 3, 9);
  made.sampling.stop_token_ids = {12};
  SequenceGroup& group = parts.add(made);
  parts.queues.run(group);
  SampledToken sampled = token(11);
  sampled.forced = {12, 13};
  parts.requests.append(*group.sequences[0], sampled, kStart);
  const auto told = events_of<TokensGenerated>(parts.events);
  REQUIRE(told.size() == 1);
  CHECK(told[0].tokens.size() == 2);
  CHECK(told[0].finished == FinishReason::kStop);
  CHECK(parts.requests.is_empty());
}
