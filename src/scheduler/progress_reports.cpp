#include "src/scheduler/progress_reports.hpp"

#include <algorithm>

namespace octavo {

void ProgressReports::tell(TimePoint now) {
  if (told_at_ && now - *told_at_ < kInterval) return;
  told_at_ = now;
  for (const auto* begun : {&queues_.running(), &queues_.preempted()}) {
    for (SequenceGroup* group : *begun) tell(*group, 0, 0);
  }
  std::int32_t position = 0;
  std::int64_t num_tokens_before = 0;
  for (SequenceGroup* group : queues_.waiting()) {
    tell(*group, ++position, num_tokens_before);
    num_tokens_before += group->num_prompt_tokens();
  }
}

void ProgressReports::tell(SequenceGroup& group, std::int32_t position,
                           std::int64_t num_tokens_before) {
  if (!group.wants_progress || group.first_token || group.sequences.empty()) return;
  const Sequence& first = *group.sequences.front();
  RequestProgressed progress;
  progress.request = group.id;
  progress.queue_position = position;
  progress.num_prompt_tokens = first.num_prompt_tokens;
  progress.num_cached_tokens = static_cast<std::int32_t>(group.usage.num_cached_tokens);
  progress.num_computed_tokens = std::min(first.num_planned_tokens, first.num_prompt_tokens);
  const std::int32_t num_left = progress.num_prompt_tokens - progress.num_computed_tokens;
  progress.time_left = cost_.prefill_time(num_tokens_before + num_left);
  const std::pair told(position, progress.num_computed_tokens);
  if (group.told_progress == told) return;
  group.told_progress = told;
  events_.emplace_back(progress);
}

}  // namespace octavo
