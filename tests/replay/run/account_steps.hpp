// Steps written down by hand, and what they are accounted against: ten blocks of four slots.
#pragma once

#include <utility>
#include <vector>

#include "src/core/request.hpp"
#include "src/replay/trace/trace.hpp"
#include "src/scheduler/scheduler_config.hpp"

namespace octavo::testing {

inline SchedulerConfig ten_blocks() {
  SchedulerConfig engine;
  engine.num_blocks = 10;
  engine.block_size = 4;
  return engine;
}

/// Prompts of 6 tokens and outputs of 2, a second apart.
inline Trace four_requests() {
  Trace trace;
  for (int i = 0; i < 4; ++i) trace.requests.push_back({1.0 * i, 6, 2, 0, 0});
  return trace;
}

struct Step {
  StepBatch batch;

  explicit Step(std::uint64_t id) {
    batch.id = StepId{id};
    batch.cu_blocks = {0};
  }
  operator const StepBatch&() const { return batch; }

  Step& start(std::uint64_t id, std::uint64_t request) {
    SequenceStart start;
    start.id = SequenceId{id};
    start.request = RequestId{request};
    batch.starts.push_back(std::move(start));
    return *this;
  }
  Step& fork(std::uint64_t parent, std::uint64_t child) {
    batch.forks.push_back({SequenceId{parent}, SequenceId{child}});
    return *this;
  }
  Step& compute(std::uint64_t id, std::int32_t first, std::int32_t count,
                const std::vector<std::int32_t>& table) {
    ScheduledSequence scheduled;
    scheduled.id = SequenceId{id};
    scheduled.first_position = first;
    scheduled.num_tokens = count;
    batch.scheduled.push_back(scheduled);
    for (const std::int32_t block : table) batch.block_tables.push_back(BlockId{block});
    batch.cu_blocks.push_back(static_cast<std::int32_t>(batch.block_tables.size()));
    return *this;
  }
};

inline RequestFinished finished(std::uint64_t request, Usage usage = {}) {
  RequestFinished event;
  event.request = RequestId{request};
  event.usage = usage;
  return event;
}

}  // namespace octavo::testing
