// Each token of a prompt that is told of costs a row of logits, so a step takes few of them, and
// the client hears of them once, before the answer.
#include "src/scheduler/scheduler.hpp"
#include "tests/scheduler/small_ring.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/print.hpp"

using namespace octavo;
using namespace octavo::testing;

namespace {

SchedulerConfig roomy() {
  SchedulerConfig config = small_config();
  config.num_blocks = 200;
  config.max_model_len = 700;
  config.max_num_batched_tokens = 512;
  return config;
}

Request asking(std::uint64_t id, std::size_t num_prompt, std::int32_t n = 1) {
  Request made = request(id, num_prompt, 2);
  made.sampling.num_prompt_logprobs = 1;
  made.sampling.n = n;
  return made;
}

/// What a device would tell of the sequences that ask for it.
void tell_prompts(const StepPlan& plan, std::map<SequenceId, SequenceStart>& known,
                  StepResult& result) {
  for (const SequenceStart& start : plan.starts) known[start.id] = start;
  for (const ScheduledSequence& each : plan.scheduled) {
    const SequenceStart& start = known.at(each.id);
    if (start.sampling.num_prompt_logprobs < 0) continue;
    PromptLogprobs told{each.id, each.first_position + 1, {}};
    const std::int32_t end =
        std::min(each.first_position + each.num_tokens, start.num_prompt_tokens - 1);
    for (std::int32_t i = each.first_position; i < end; ++i)
      told.tokens.push_back({.token = start.tokens[static_cast<std::size_t>(i) + 1]});
    if (!told.tokens.empty()) result.prompt_logprobs.push_back(std::move(told));
  }
}

/// Runs one step and answers what came of it.
std::vector<RequestEvent> run_step(Scheduler& scheduler, Answers& answers,
                                   std::map<SequenceId, SequenceStart>& known) {
  const auto plan = scheduler.plan(kStart);
  REQUIRE(plan);
  Answer answer = answers(*plan);
  tell_prompts(*plan, known, answer);
  complete(scheduler, answer, kStart);
  return scheduler.take_events();
}

}  // namespace

TEST_CASE("a long prompt that is told of is computed in parts, beside whole ones that are not") {
  Scheduler scheduler(roomy());
  scheduler.submit(asking(1, 300), kStart);
  scheduler.submit(request(2, 150, 2), kStart);
  const auto plan = scheduler.plan(kStart);
  REQUIRE(plan);
  REQUIRE(plan->scheduled.size() == 2);
  CHECK(plan->scheduled[0].num_tokens == kMaxPromptLogprobs);
  CHECK_FALSE(plan->scheduled[0].samples);
  CHECK(plan->scheduled[1].num_tokens == 150);
  CHECK(plan->scheduled[1].samples);
}

TEST_CASE("of several prompts that are told of, a step takes no more than it can tell") {
  Scheduler scheduler(roomy());
  Answers answers(scheduler);
  std::map<SequenceId, SequenceStart> known;
  for (std::uint64_t id = 1; id <= 3; ++id) scheduler.submit(asking(id, 100), kStart);
  std::map<RequestId, std::vector<TokenId>> told;
  std::map<RequestId, bool> has_answer;
  while (!scheduler.is_idle()) {
    std::int32_t num_told = 0;
    for (const RequestEvent& event : run_step(scheduler, answers, known)) {
      if (const auto* tokens = std::get_if<TokensGenerated>(&event))
        has_answer[tokens->request] = true;
      const auto* computed = std::get_if<PromptLogprobsComputed>(&event);
      if (computed == nullptr) continue;
      CHECK_FALSE(has_answer[computed->request]);
      std::vector<TokenId>& tokens = told[computed->request];
      CHECK(computed->first_position == static_cast<std::int32_t>(tokens.size()) + 1);
      for (const PromptLogprob& each : computed->tokens) tokens.push_back(each.token);
      num_told += static_cast<std::int32_t>(computed->tokens.size());
    }
    CHECK(num_told <= kMaxPromptLogprobs);
  }
  for (std::uint64_t id = 1; id <= 3; ++id) CHECK(told[RequestId{id}].size() == 99);
}

TEST_CASE("several choices have one prompt, which is told of once") {
  Scheduler scheduler(roomy());
  Answers answers(scheduler);
  std::map<SequenceId, SequenceStart> known;
  scheduler.submit(asking(1, 50, 3), kStart);
  std::size_t num_told = 0;
  while (!scheduler.is_idle()) {
    for (const auto& each : events_of<PromptLogprobsComputed>(run_step(scheduler, answers, known)))
      num_told += each.tokens.size();
  }
  CHECK(num_told == 49);
}

TEST_CASE("a preemption after the first token does not tell of the prompt again") {
  Scheduler scheduler(roomy());
  Answers answers(scheduler);
  std::map<SequenceId, SequenceStart> known;
  Request asked = asking(1, 20);
  asked.sampling.max_tokens = 6;
  scheduler.submit(asked, kStart);
  CHECK(events_of<PromptLogprobsComputed>(run_step(scheduler, answers, known)).size() == 1);
  scheduler.preempt(RequestId{1}, PreemptionMode::kRecompute);
  while (!scheduler.is_idle())
    CHECK(events_of<PromptLogprobsComputed>(run_step(scheduler, answers, known)).empty());
}
