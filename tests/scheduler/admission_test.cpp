#include "src/scheduler/admission.hpp"

#include "tests/scheduler/small_ring.hpp"
#include "tests/support/catch.hpp"

using namespace octavo;
using namespace octavo::testing;
using namespace std::chrono_literals;

namespace {

/// Why the request is refused; nothing when it is taken.
std::optional<Error> refusal_of(const SchedulerConfig& config, const Request& request,
                                const QueueLoad& waiting = {}, const StepCost& cost = {}) {
  return refusal(config, request, waiting, cost, kStart);
}

bool is_taken(const SchedulerConfig& config, const Request& request) {
  return !refusal_of(config, request);
}

Request choices(std::int32_t n, std::size_t num_prompt, std::int32_t max_tokens) {
  Request made = request(1, num_prompt, max_tokens);
  made.sampling.n = n;
  return made;
}

Request beams(std::int32_t width, std::size_t num_prompt, std::int32_t max_tokens) {
  Request made = request(1, num_prompt, max_tokens);
  made.sampling.beam_width = width;
  return made;
}

SchedulerConfig contiguous(KvAllocator allocator, std::int32_t num_blocks = 8) {
  SchedulerConfig config = small_config();
  config.kv_allocator = allocator;
  config.num_blocks = num_blocks;
  return config;
}

/// One millisecond a token.
StepCost measured() {
  StepCost cost;
  cost.observe(100, 100ms);
  return cost;
}

}  // namespace

TEST_CASE("a prompt without tokens is an invalid value, even when the queue is full") {
  SchedulerConfig config = small_config();
  config.max_num_waiting = 0;
  const auto error = refusal_of(config, request(1, 0, 4));
  REQUIRE(error);
  CHECK(error->code == Errc::kInvalidValue);
  CHECK(error->param == "input");
}

TEST_CASE("a prompt that fills the context is refused with both lengths") {
  SchedulerConfig config = small_config();
  config.max_model_len = 12;
  CHECK(is_taken(config, request(1, 11, 1)));
  const auto error = refusal_of(config, request(1, 12, 1));
  REQUIRE(error);
  CHECK(error->code == Errc::kContextLengthExceeded);
  CHECK(error->param == "input");
  CHECK_THAT(error->detail, Catch::Contains("has 12 tokens"));
  CHECK_THAT(error->detail, Catch::Contains("length is 12"));
}

TEST_CASE("a request that fills the cache to its last slot is taken, one token more is not") {
  CHECK(is_taken(small_config(), request(1, 10, 22)));
  const auto error = refusal_of(small_config(), request(1, 10, 23));
  REQUIRE(error);
  CHECK(error->code == Errc::kContextLengthExceeded);
  CHECK(error->param == "max_output_tokens");
  CHECK(error->detail == "the request needs 36 tokens of cache and the whole cache holds 32");
}

TEST_CASE("a request that leaves its length open needs room for one token") {
  CHECK(is_taken(small_config(), request(1, 31, 0)));
  CHECK_FALSE(is_taken(small_config(), request(1, 32, 0)));
}

TEST_CASE("what is asked for beyond the context is not counted against the cache") {
  SchedulerConfig config = small_config();
  config.max_model_len = 32;
  CHECK(is_taken(config, request(1, 10, std::numeric_limits<std::int32_t>::max())));
  config.max_model_len = 33;
  CHECK_FALSE(is_taken(config, request(1, 10, std::numeric_limits<std::int32_t>::max())));
}

TEST_CASE("choices and hypotheses need the full blocks of their prompt once") {
  // Nine tokens fill two blocks, which stay as they are; each sequence has a third of its own.
  SchedulerConfig config = small_config();
  for (const Request& three : {choices(3, 9, 3), beams(3, 9, 3)}) {
    config.num_blocks = 5;
    CHECK(is_taken(config, three));
    config.num_blocks = 4;
    CHECK_FALSE(is_taken(config, three));
  }
  // Its last token is computed by each of them, so a full last block is not shared.
  config.num_blocks = 1 + 3 * 2;
  CHECK(is_taken(config, choices(3, 8, 3)));
  config.num_blocks = 1 + 3 * 2 - 1;
  CHECK_FALSE(is_taken(config, choices(3, 8, 3)));
}

TEST_CASE("contiguous reservations must all find a place in the empty pool") {
  // Three blocks each, which take four: two of them fill eight blocks, and a third has no place.
  const SchedulerConfig config = contiguous(KvAllocator::kOrcaOracle, 9);
  CHECK(is_taken(config, choices(2, 8, 4)));
  CHECK_FALSE(is_taken(config, choices(3, 8, 4)));
  // What the longest sequence takes is the whole pool, whatever the request asks for.
  CHECK(is_taken(contiguous(KvAllocator::kOrcaMax), choices(1, 8, 4)));
  CHECK_FALSE(is_taken(contiguous(KvAllocator::kOrcaMax), choices(2, 8, 4)));
}

TEST_CASE("a reservation that is cut to the cache is too short for a request that is longer") {
  const auto allocator =
      GENERATE(KvAllocator::kOrcaMax, KvAllocator::kOrcaPow2, KvAllocator::kOrcaOracle);
  CHECK(is_taken(contiguous(allocator), request(1, 10, 22)));
  CHECK_FALSE(is_taken(contiguous(allocator), request(1, 10, 23)));
}

TEST_CASE("beam search is refused where blocks cannot be shared") {
  const auto error = refusal_of(contiguous(KvAllocator::kOrcaPow2, 64), beams(2, 4, 4));
  REQUIRE(error);
  CHECK(error->code == Errc::kUnsupportedParameter);
  CHECK(error->param == "beam_width");
  CHECK_THAT(error->detail, Catch::Contains("orca-pow2"));
}

TEST_CASE("a beam search as wide as the batch is taken, a wider one never fits") {
  SchedulerConfig config = small_config();
  config.num_blocks = 64;
  CHECK(is_taken(config, beams(4, 4, 4)));
  auto error = refusal_of(config, beams(5, 4, 4));
  REQUIRE(error);
  CHECK(error->code == Errc::kInvalidValue);
  CHECK(error->param == "beam_width");
  CHECK_THAT(error->detail, Catch::Contains("at most 4"));
  config.max_num_batched_tokens = 3;  // Each hypothesis takes a token of the step.
  CHECK(is_taken(config, beams(3, 4, 4)));
  CHECK_FALSE(is_taken(config, beams(4, 4, 4)));
  CHECK(is_taken(config, choices(8, 4, 4)));  // Choices may start one after the other.
}

TEST_CASE("the queue takes sequences up to its limit, all of a request or none") {
  SchedulerConfig config = small_config();
  config.max_num_waiting = 5;
  const Request two = choices(2, 4, 4);
  CHECK_FALSE(refusal_of(config, two, QueueLoad{3, 0}));
  const auto error = refusal_of(config, two, QueueLoad{4, 0});
  REQUIRE(error);
  CHECK(error->code == Errc::kQueueFull);
  CHECK_THAT(error->detail, Catch::StartsWith("4 requests are waiting"));
}

TEST_CASE("a deadline just long enough for the prompts ahead and its own is kept") {
  Request timed = request(1, 10, 4);
  const QueueLoad waiting{3, 40};
  timed.deadline = kStart + 50ms;
  CHECK_FALSE(refusal_of(small_config(), timed, waiting, measured()));
  timed.deadline = kStart + 50ms - 1ns;
  const auto error = refusal_of(small_config(), timed, waiting, measured());
  REQUIRE(error);
  CHECK(error->code == Errc::kDeadlineExceeded);
  CHECK(error->param == "octavo.deadline_ms");
  CHECK(error->detail ==
        "the deadline is in 49 ms and the first token would come in 50 ms, behind the 3 that wait");
}

TEST_CASE("no deadline is refused before a rate is known, nor one that is over") {
  Request timed = request(1, 10, 4);
  timed.deadline = kStart + 1ns;
  CHECK_FALSE(refusal_of(small_config(), timed, QueueLoad{3, 1'000'000}));
  timed.deadline = kStart;  // It ends by itself, as a request that was accepted.
  CHECK_FALSE(refusal_of(small_config(), timed, QueueLoad{3, 1'000'000}, measured()));
}

namespace {

/// Ten tokens a second leave the queue.
QueueDrain ten_a_second() {
  QueueDrain drain;
  drain.observe(0, true, kStart);
  drain.observe(100, true, kStart + 10s);
  return drain;
}

}  // namespace

TEST_CASE("a queue that has its places says after which time those ahead will have left") {
  SchedulerConfig config = small_config();
  config.max_num_waiting = 4;
  CHECK_FALSE(refusal_of(config, request(1, 8, 4), {3, 95, ten_a_second()}));
  const auto full = refusal_of(config, request(1, 8, 4), {4, 95, ten_a_second()});
  REQUIRE(full);
  CHECK(full->code == Errc::kQueueFull);
  CHECK(full->retry_after_s == 10);  // 9.5, whole.
  // Before anybody has left, as long as their prompts take to be computed.
  CHECK(refusal_of(config, request(1, 8, 4), {4, 3000}, measured())->retry_after_s == 3);
  CHECK(refusal_of(config, request(1, 8, 4), {4, 3000})->retry_after_s == 1);
}

TEST_CASE("a queue is full of tokens as well, but never for the only one who waits") {
  SchedulerConfig config = small_config();
  config.max_waiting_tokens = 20;
  CHECK_FALSE(refusal_of(config, request(1, 25, 1), {0, 0, ten_a_second()}));
  CHECK_FALSE(refusal_of(config, request(1, 8, 4), {1, 12, ten_a_second()}));
  const auto full = refusal_of(config, request(1, 9, 4), {1, 12, ten_a_second()});
  REQUIRE(full);
  CHECK(full->code == Errc::kQueueFull);
  CHECK(full->retry_after_s == 2);
}

TEST_CASE("who would wait longer than is worth it is refused at once") {
  SchedulerConfig config = small_config();
  config.max_queue_wait = 5s;
  CHECK_FALSE(refusal_of(config, request(1, 8, 4), {3, 50, ten_a_second()}));
  const auto full = refusal_of(config, request(1, 8, 4), {3, 51, ten_a_second()});
  REQUIRE(full);
  CHECK(full->code == Errc::kQueueFull);
  CHECK(full->retry_after_s == 6);
  CHECK_FALSE(refusal_of(config, request(1, 8, 4), {3, 1 << 20}));  // Nothing is known yet.
}
