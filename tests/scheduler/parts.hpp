// The parts of a scheduler, put together as the scheduler does, so that a test can drive one of
// them and look at the others.
#pragma once

#include <memory>
#include <vector>

#include "src/core/block_count.hpp"
#include "src/scheduler/batch_planner.hpp"
#include "src/scheduler/step_outcome.hpp"
#include "tests/scheduler/small_ring.hpp"

namespace octavo::testing {

/// A group as a request makes it: `num_sequences` choices over one prompt of `num_prompt` tokens,
/// each with room for 20 more. Sequence i of group g has the id 10 g + i.
inline std::unique_ptr<SequenceGroup> make_group(std::uint64_t id, std::int32_t num_prompt,
                                                 std::int32_t num_sequences = 1) {
  auto group = std::make_unique<SequenceGroup>();
  group->id = RequestId{id};
  group->order = id;
  group->max_num_seats = 8;
  group->num_choices = num_sequences;
  group->usage.num_prompt_tokens = num_prompt;
  for (std::int32_t i = 0; i < num_sequences; ++i) {
    auto sequence = std::make_unique<Sequence>();
    sequence->id = SequenceId{10 * id + static_cast<std::uint64_t>(i)};
    sequence->group = group.get();
    sequence->choice = i;
    sequence->tokens.assign(static_cast<std::size_t>(num_prompt), 7);
    sequence->num_prompt_tokens = num_prompt;
    sequence->sampling.max_tokens = 20;
    group->sequences.push_back(std::move(sequence));
  }
  return group;
}

/// The sequence runs, and its first `num_computed` positions are computed.
inline void let_run(Sequence& sequence, std::int32_t num_computed, std::int32_t block_size = 4) {
  sequence.status = SequenceStatus::kRunning;
  sequence.num_planned_tokens = num_computed;
  sequence.num_blocks = blocks_for(num_computed, block_size);
}

/// As a member of a running group that decodes: its prompt is computed, one sampled token is not.
inline void let_decode(Sequence& sequence, std::int32_t block_size = 4) {
  sequence.tokens.push_back(8);
  let_run(sequence, sequence.num_tokens() - 1, block_size);
}

struct Parts {
  explicit Parts(const SchedulerConfig& chosen = small_config()) : config(chosen) {
    builder.begin(kStart, 0);
  }

  /// A group of the test's own runs, with all of its sequences decoding.
  void run(SequenceGroup& group) {
    queues.add(group);
    queues.run(group);
    for (const auto& each : group.sequences) {
      let_decode(*each, config.block_size);
      credits.promise(each->num_blocks);
    }
  }
  /// A request comes in. Answers its group.
  SequenceGroup& add(const Request& request) {
    requests.add(request, kStart);
    return *requests.find(request.id);
  }
  /// The plan as it stands goes on its way, and the next one begins.
  StepPlan take(StepInFlight& step) {
    StepPlan plan = builder.take(step);
    builder.begin(kStart, queues.num_running());
    return plan;
  }
  StepPlan take() {
    StepInFlight step;
    return take(step);
  }

  const SchedulerConfig config;
  std::vector<RequestEvent> events;
  StepCost cost;
  BlockCredits credits{config.num_blocks, config.num_host_blocks};
  RequestQueues queues{config.queue_policy};
  ReservationPool reservations{config};
  StepBuilder builder{config, credits};
  Requests requests{config, credits, queues, reservations, builder, events};
  Preemptor preemptor{config, cost, credits, queues, builder, events};
  BatchPlanner planner{config, cost, credits, queues, reservations, builder, preemptor, events};
  StepOutcome outcome{config, cost, credits, queues, requests, builder, events};
};

}  // namespace octavo::testing
