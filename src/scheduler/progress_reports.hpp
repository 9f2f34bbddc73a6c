// A client that waits for its first token wants to know why: how far its prompt is, who is before
// it, and how long it will take. Told a few times a second to whoever asked for it.
#pragma once

#include <optional>
#include <vector>

#include "src/core/request.hpp"
#include "src/scheduler/request_queues.hpp"
#include "src/scheduler/step_cost.hpp"

namespace octavo {

class ProgressReports {
 public:
  static constexpr std::chrono::milliseconds kInterval{200};

  /// All outlive it.
  ProgressReports(const RequestQueues& queues, const StepCost& cost,
                  std::vector<RequestEvent>& events)
      : queues_(queues), cost_(cost), events_(events) {}

  /// Appends what has changed, unless it was told a short while ago. O(waiting + running).
  void tell(TimePoint now);

 private:
  void tell(SequenceGroup& group, std::int32_t position, std::int64_t num_tokens_before);

  const RequestQueues& queues_;
  const StepCost& cost_;
  std::vector<RequestEvent>& events_;
  std::optional<TimePoint> told_at_;
};

}  // namespace octavo
