#include "src/recording/recording_replay.hpp"

#include "src/recording/recording_counts.hpp"
#include "tests/recording/recorded_engine.hpp"
#include "tests/recording/recorded_ring.hpp"
#include "tests/support/catch.hpp"

using namespace octavo;
using octavo::testing::RecordedEngine;
using octavo::testing::RecordedRing;

namespace {

RecordingRepeat repeat(const std::string& bytes, const SchedulerConfig* other = nullptr,
                       RecordingListener* listener = nullptr) {
  auto reader = RecordingReader::open(bytes, "test.rec");
  REQUIRE(reader.has_value());
  const SchedulerConfig engine = other == nullptr ? reader->header().engine : *other;
  const auto result = RecordingReplay(*reader, engine, listener).run();
  if (!result) FAIL(result.error().message());
  return *result;
}

/// Three requests, the last one the most urgent, one at a time.
std::string recording_of_a_priority_queue() {
  SchedulerConfig config;
  config.num_blocks = 64;
  config.block_size = 4;
  config.max_model_len = 64;
  config.max_num_seqs = 1;
  config.max_steps_in_flight = 1;
  config.queue_policy = QueuePolicyName::kPriority;
  RecordedEngine engine(config, {});
  for (std::uint64_t id = 1; id <= 3; ++id) {
    Request request;
    request.id = RequestId{id};
    request.prompt = {static_cast<TokenId>(id), 2, 3};
    request.sampling.max_tokens = 2;
    request.sampling.ignore_eos = true;
    request.priority = -static_cast<std::int32_t>(id);
    engine.submit(request);
  }
  engine.run(std::chrono::milliseconds(1));
  return engine.close();
}

}  // namespace

TEST_CASE("random traffic is repeated to the very decision") {
  std::int64_t num_steps = 0, num_swaps = 0, num_recomputes = 0, num_forks = 0, num_hits = 0;
  for (std::uint64_t seed = 1; seed <= 150; ++seed) {
    CAPTURE(seed);
    RecordedRing ring(seed);
    const RecordingRepeat repeated = repeat(ring.run(600));
    if (repeated.difference) FAIL(repeated.difference->what);
    CHECK_FALSE(repeated.is_truncated());
    CHECK(repeated.decision_hash == ring.recorder().decision_hash());
    CHECK(repeated.recorded_hash == ring.recorder().decision_hash());
    num_steps += repeated.num_steps;
    num_swaps += ring.status().num_preemptions_swap;
    num_recomputes += ring.status().num_preemptions_recompute;
    num_forks += ring.num_forks();
    num_hits += ring.num_hit_tokens();
  }
  CHECK(num_steps > 20'000);
  CHECK(num_swaps > 100);
  CHECK(num_recomputes > 200);
  CHECK(num_forks > 500);
  CHECK(num_hits > 5'000);
}

TEST_CASE("failed steps are repeated too") {
  std::int64_t num_failures = 0;
  for (std::uint64_t seed = 1000; seed <= 1060; ++seed) {
    CAPTURE(seed);
    RecordedRing ring(seed, {.failing_steps = true, .bad_tokens = true});
    const RecordingRepeat repeated = repeat(ring.run(600));
    if (repeated.difference) FAIL(repeated.difference->what);
    CHECK(repeated.num_failed_steps == ring.num_failures());
    num_failures += ring.num_failures();
  }
  CHECK(num_failures > 50);
}

TEST_CASE("forced tokens are recorded, and what was decided by them is repeated") {
  std::int64_t num_forced = 0;
  for (std::uint64_t seed = 2000; seed <= 2060; ++seed) {
    CAPTURE(seed);
    RecordedRing ring(seed, {.forced_tokens = true});
    const RecordingRepeat repeated = repeat(ring.run(600));
    if (repeated.difference) FAIL(repeated.difference->what);
    CHECK(repeated.recorded_hash == ring.recorder().decision_hash());
    num_forced += ring.status().num_forced_tokens;
  }
  CHECK(num_forced > 5000);
}

TEST_CASE("the same traffic gives the same file, and other traffic another hash") {
  RecordedRing first(7), again(7), other(8);
  CHECK(first.run(500) == again.run(500));
  other.run(500);
  CHECK(first.recorder().decision_hash() != other.recorder().decision_hash());
}

TEST_CASE("another policy decides otherwise, and the first step that differs is named") {
  const std::string bytes = recording_of_a_priority_queue();
  CHECK(repeat(bytes).is_equal());
  SchedulerConfig config = RecordingReader::open(bytes, "test.rec")->header().engine;
  config.queue_policy = QueuePolicyName::kFcfs;
  const RecordingRepeat repeated = repeat(bytes, &config);
  REQUIRE(repeated.difference);
  CHECK(repeated.difference->step == StepId{1});
  CHECK(repeated.difference->what == "its plan is not the recorded one");
}

TEST_CASE("a smaller pool decides otherwise from the step on that it is short in") {
  int num_different = 0;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    RecordedRing ring(seed);
    const std::string& bytes = ring.run(600);
    SchedulerConfig config = ring.config();
    config.num_blocks -= 2;
    num_different += repeat(bytes, &config).is_equal() ? 0 : 1;
  }
  CHECK(num_different == 20);  // Credits are compared as well.
}

TEST_CASE("a file that was cut off is repeated as far as it goes") {
  RecordedRing ring(3);
  const std::string& bytes = ring.run(400);
  std::int64_t last = 0;
  for (std::size_t size = 1000; size < bytes.size(); size += 997) {
    const RecordingRepeat repeated = repeat(bytes.substr(0, size));
    CHECK(repeated.is_equal());
    CHECK(repeated.is_truncated());
    CHECK(repeated.num_steps >= last);
    last = repeated.num_steps;
  }
  CHECK(last > 20);
}

TEST_CASE("what the run was like is counted") {
  RecordingCounts counts;
  const std::string bytes = recording_of_a_priority_queue();
  const RecordingRepeat repeated = repeat(bytes, nullptr, &counts);
  CHECK(counts.num_requests == 3);
  CHECK(counts.num_finished == 3);
  CHECK(counts.num_cancelled + counts.num_rejected + counts.num_failed == 0);
  CHECK(counts.num_prompt_tokens == 9);
  CHECK(counts.num_output_tokens == 6);
  CHECK(counts.num_batches == 6);
  CHECK(counts.batch_mean() == 1.0);
  CHECK(repeated.num_steps >= 6);
  CHECK(repeated.seconds > 0.005);
}

TEST_CASE("records that contradict each other are an error, never an assertion") {
  RecordingHeader header;
  header.engine.num_blocks = 16;
  const auto errors_with = [&](const auto& write) {
    RecordingWriter writer(header);
    write(writer);
    auto reader = RecordingReader::open(writer.bytes(), "test.rec");
    REQUIRE(reader.has_value());
    const auto result = RecordingReplay(*reader, header.engine).run();
    REQUIRE_FALSE(result.has_value());
    CHECK(result.error().code == Errc::kInvalidFile);
    return result.error().message();
  };
  const TimePoint now{};
  Request request;
  request.id = RequestId{1};
  request.prompt = {1, 2, 3};
  request.sampling.max_tokens = 4;
  StepReceipt receipt;
  StepResult result;
  receipt.id = result.id = StepId{1};
  CHECK_THAT(errors_with([&](RecordingWriter& out) { out.completed(receipt, result, now, {}); }),
             Catch::Contains("not under way"));
  CHECK_THAT(errors_with([&](RecordingWriter& out) { out.failed(StepId{1}, {}, now); }),
             Catch::Contains("not under way"));
  CHECK_THAT(errors_with([&](RecordingWriter& out) {
               out.transferred({TransferId{StepId{1}, RequestId{1}, TransferDirection::kDemote}});
             }),
             Catch::Contains("never began"));
  CHECK_THAT(errors_with([&](RecordingWriter& out) {
               out.submitted(request, now);
               out.submitted(request, now);
             }),
             Catch::Contains("comes twice"));
  CHECK_THAT(errors_with([&](RecordingWriter& out) { out.ended(1, 0, now); }),
             Catch::Contains("another decision hash"));
  CHECK_THAT(errors_with([&](RecordingWriter& out) {
               Request negative = request;
               negative.prompt = {-1};
               out.submitted(negative, now);
             }),
             Catch::Contains("negative token"));
}
