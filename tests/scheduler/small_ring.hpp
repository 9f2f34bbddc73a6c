// What the tests of the scheduler share: a small engine, requests of a given size, and the answers
// of the rest of the ring.
#pragma once

#include <vector>

#include "src/cache/block_manager.hpp"
#include "src/scheduler/scheduler.hpp"

namespace octavo::testing {

inline const TimePoint kStart{};

inline SchedulerConfig small_config() {
  SchedulerConfig config;
  config.num_blocks = 8;
  config.block_size = 4;
  config.max_model_len = 100;
  config.max_num_seqs = 4;
  config.max_num_batched_tokens = 10;
  config.max_steps_in_flight = 1;
  return config;
}

inline Request request(std::uint64_t id, std::size_t num_prompt, std::int32_t max_tokens) {
  Request made;
  made.id = RequestId{id};
  made.prompt.assign(num_prompt, static_cast<TokenId>(id));
  made.sampling.max_tokens = max_tokens;
  return made;
}

/// What the rest of the ring makes of a plan.
struct Answer : StepResult {
  StepReceipt receipt;
};

inline void complete(Scheduler& scheduler, const Answer& answer, TimePoint now) {
  scheduler.complete(answer.receipt, answer, now);
}

/// What the rest of the ring would answer: token 1 for every sequence that samples.
class Answers {
 public:
  explicit Answers(const Scheduler& scheduler) : blocks_(scheduler.config().cache()) {}

  Answer operator()(StepPlan plan) {
    const StepBatch batch = blocks_.reserve(std::move(plan));
    Answer result;
    result.id = batch.id;
    result.receipt = batch.receipt;
    for (const auto* transfers : {&batch.demotions, &batch.promotions}) {
      for (const Transfer& each : *transfers) result.transfers_finished.push_back(each.id);
    }
    for (const auto& each : batch.scheduled) {
      if (each.samples) result.sampled.push_back({each.id, 1, std::nullopt, {}});
    }
    return result;
  }

 private:
  BlockManager blocks_;
};

template <class Event>
std::vector<Event> events_of(std::vector<RequestEvent> events) {
  std::vector<Event> found;
  for (auto& event : events) {
    if (auto* wanted = std::get_if<Event>(&event)) found.push_back(std::move(*wanted));
  }
  return found;
}

}  // namespace octavo::testing
