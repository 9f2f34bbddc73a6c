// Who waits hears how far the prompt is, a few times a second, and only who asked for it.
#include "src/scheduler/progress_reports.hpp"

#include "src/scheduler/scheduler.hpp"
#include "tests/scheduler/small_ring.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/print.hpp"

using namespace octavo;
using namespace octavo::testing;

namespace {

Request asking(std::uint64_t id, std::int32_t num_prompt_tokens) {
  Request made = request(id, num_prompt_tokens, 4);
  made.wants_progress = true;
  return made;
}

SchedulerConfig one_at_a_time() {
  SchedulerConfig config = small_config();
  config.max_num_seqs = 1;
  config.max_num_batched_tokens = 8;
  config.max_model_len = 64;
  config.num_blocks = 40;
  return config;
}

std::vector<RequestProgressed> told(Scheduler& scheduler) {
  return events_of<RequestProgressed>(scheduler.take_events());
}

constexpr std::chrono::milliseconds kPace{250};

}  // namespace

TEST_CASE("a prompt that is computed in parts, and one that waits, are told of step by step") {
  Scheduler scheduler(one_at_a_time());
  Answers answers(scheduler);
  scheduler.submit(asking(1, 20), kStart);
  scheduler.submit(asking(2, 6), kStart);
  TimePoint now = kStart;
  std::vector<RequestProgressed> all;
  for (int step = 0; step < 3; ++step) {
    now += kPace;
    complete(scheduler, answers(*scheduler.plan(now)), now);
    for (const RequestProgressed& each : told(scheduler)) all.push_back(each);
  }
  REQUIRE(all.size() >= 3);
  CHECK(all[0].request == RequestId{1});
  CHECK(all[0].queue_position == 0);
  CHECK(all[0].num_prompt_tokens == 20);
  CHECK(all[0].num_computed_tokens == 8);
  CHECK(all[1].request == RequestId{2});
  CHECK(all[1].queue_position == 1);
  CHECK(all[1].num_computed_tokens == 0);
  CHECK(all[2].num_computed_tokens == 16);
}

TEST_CASE("reports are apart in time, and nobody hears who has not asked") {
  Scheduler scheduler(one_at_a_time());
  Answers answers(scheduler);
  scheduler.submit(asking(1, 40), kStart);
  complete(scheduler, answers(*scheduler.plan(kStart)), kStart);
  CHECK(told(scheduler).size() == 1);
  complete(scheduler, answers(*scheduler.plan(kStart)), kStart + std::chrono::milliseconds(199));
  CHECK(told(scheduler).empty());
  complete(scheduler, answers(*scheduler.plan(kStart)), kStart + std::chrono::milliseconds(200));
  CHECK(told(scheduler).size() == 1);
  Scheduler silent(one_at_a_time());
  Answers silent_answers(silent);
  silent.submit(request(1, 20, 4), kStart);
  complete(silent, silent_answers(*silent.plan(kStart)), kStart);
  CHECK(told(silent).empty());
}
