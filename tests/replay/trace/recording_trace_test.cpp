#include "src/replay/trace/recording_trace.hpp"

#include "src/replay/run/recording_outcome.hpp"
#include "src/replay/run/replayer.hpp"
#include "src/replay/trace/prompt_tokens.hpp"
#include "tests/recording/recorded_engine.hpp"
#include "tests/recording/recorded_ring.hpp"
#include "tests/support/catch.hpp"

using namespace octavo;
using octavo::testing::RecordedEngine;
using octavo::testing::RecordedRing;

namespace {

SchedulerConfig small_engine() {
  SchedulerConfig config;
  config.num_blocks = 64;
  config.block_size = 4;
  config.max_model_len = 128;
  config.max_num_seqs = 8;
  config.max_steps_in_flight = 1;
  return config;
}

/// A conversation of two turns, and a request that is cancelled behind it before it has begun.
std::string conversation() {
  RecordedEngine engine(small_engine(), TimePoint(std::chrono::seconds(5)));
  const auto submit = [&](std::uint64_t id, std::vector<TokenId> prompt) {
    Request request;
    request.id = RequestId{id};
    request.prompt = std::move(prompt);
    request.sampling.max_tokens = 12;
    request.sampling.ignore_eos = true;
    request.priority = 7;
    request.tenant = request.cache_namespace = 9;
    engine.submit(request);
  };
  constexpr std::chrono::milliseconds kStep{2};
  std::vector<TokenId> prompt{1, 2, 3, 4, 5, 6, 7, 8, 9};
  submit(1, prompt);
  const std::vector<TokenId> heard = engine.run(kStep);
  engine.wait(std::chrono::seconds(1));
  prompt.insert(prompt.end(), heard.begin(), heard.end());
  prompt.push_back(11);
  submit(2, prompt);
  submit(3, {1, 1, 1});
  engine.cancel(RequestId{3}, CancelReason::kClientGone);
  engine.run(kStep);
  return engine.close();
}

void listen(const std::string& bytes, RecordingListener& listener) {
  auto reader = RecordingReader::open(bytes, "test.rec");
  REQUIRE(reader.has_value());
  const auto repeated = RecordingReplay(*reader, reader->header().engine, &listener).run();
  REQUIRE(repeated.has_value());
  REQUIRE(repeated->is_equal());
}

CostModel some_cost(const StepFit& fit) {
  ModelShape shape;
  shape.name = "test";
  shape.kv_bytes_per_token = 1;
  return {shape, fit};
}

}  // namespace

TEST_CASE("a recording is a trace with its tokens, its arrivals and its real outputs") {
  RecordingTrace heard(4);
  listen(conversation(), heard);
  const Trace trace = heard.trace("test.rec");
  REQUIRE(trace.requests.size() == 3);
  CHECK(trace.has_arrivals);
  CHECK(trace.num_unknown_outputs == 1);
  CHECK(trace.requests[0].arrival_s == 0);
  CHECK(trace.requests[1].arrival_s == Approx(1.026));
  CHECK(trace.requests[0].num_prompt == 9);
  CHECK(trace.requests[0].num_output == 12);
  CHECK(trace.requests[2].num_output == 1);
  CHECK(trace.requests[1].priority == 7);
  CHECK(trace.requests[1].tenant == 9);
  CHECK(trace.requests[1].cache_namespace == 9);
  const std::vector<TokenId> first = prompt_tokens(trace, 0);
  const std::vector<TokenId> second = prompt_tokens(trace, 1);
  CHECK(first == std::vector<TokenId>{1, 2, 3, 4, 5, 6, 7, 8, 9});
  REQUIRE(second.size() == 22);
  CHECK(std::equal(first.begin(), first.end(), second.begin()));
  // What was answered is known as well.
  const auto completion = trace.tokens.begin() + 9;
  CHECK(std::equal(completion, completion + 12, second.begin() + 9));
  CHECK(heard.fit().step_seconds(1, 10) == Approx(2e-3).epsilon(0.2));
}

TEST_CASE("replayed as a trace, a recording finds the same prefixes and takes the same time") {
  const std::string bytes = conversation();
  RecordingTrace heard(4);
  listen(bytes, heard);
  const Trace trace = heard.trace("test.rec");
  RecordingOutcome recorded(trace, small_engine());
  listen(bytes, recorded);
  const Outcome was = recorded.report();
  CHECK(was.label == "recorded");
  CHECK(was.num_requests == 3);
  CHECK(was.num_output_tokens == 24);
  CHECK(was.batched_peak == 1);
  CHECK(was.memory.tokens > 0.0);
  CHECK(was.memory.tokens + was.memory.reserved + was.memory.internal + was.memory.idle ==
        Approx(1.0));
  // 20 of the 21 tokens that were there before are full blocks; 34 in the prompts.
  CHECK(was.prefix_hit_fraction == Approx(20.0 / 34));

  const CostModel cost = some_cost(heard.fit());
  const auto modelled = Replayer(trace, cost, {small_engine(), KvAllocator::kPaged, {}}).run();
  REQUIRE(modelled.has_value());
  CHECK(modelled->prefix_hit_fraction == Approx(20.0 / 34));
  CHECK(modelled->num_output_tokens == 25);
  CHECK(modelled->seconds == Approx(was.seconds).epsilon(0.1));
  SchedulerConfig without = small_engine();
  without.enable_prefix_caching = false;
  const auto otherwise = Replayer(trace, cost, {without, KvAllocator::kPaged, {}}).run();
  REQUIRE(otherwise.has_value());
  CHECK(otherwise->prefix_hit_fraction == 0);
}

TEST_CASE("random recordings, failed steps included, become traces that can be replayed") {
  int num_replayed = 0;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    CAPTURE(seed);
    RecordedRing ring(seed, {.failing_steps = seed % 2 == 0, .bad_tokens = seed % 3 == 0});
    const std::string& bytes = ring.run(400);
    RecordingTrace heard(ring.config().block_size);
    listen(bytes, heard);
    const Trace trace = heard.trace("test.rec");
    RecordingOutcome recorded(trace, ring.config());
    listen(bytes, recorded);
    const Outcome was = recorded.report();
    const MemorySplit& memory = was.memory;
    CHECK(was.num_requests + was.num_rejected == static_cast<std::int64_t>(trace.requests.size()));
    CHECK(memory.tokens >= 0);
    CHECK(memory.internal >= -1e-9);
    CHECK(memory.idle >= -1e-9);
    SchedulerConfig larger = ring.config();
    larger.num_blocks = 200;
    const auto outcome =
        Replayer(trace, some_cost(heard.fit()), {larger, KvAllocator::kPaged, {}}).run();
    REQUIRE(outcome.has_value());
    CHECK(outcome->num_requests + outcome->num_rejected ==
          static_cast<std::int64_t>(trace.requests.size()));
    ++num_replayed;
  }
  CHECK(num_replayed == 40);
}
