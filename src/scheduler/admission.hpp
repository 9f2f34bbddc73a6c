// Whether a request can ever be served, and whether a group may start now: functions of the
// configuration, the request and the load. A request that can never fit is refused at once, with
// the limit that it breaks; one that cannot be in time, or for which too many wait, likewise.
#pragma once

#include <cstdint>
#include <optional>

#include "src/core/error.hpp"
#include "src/core/request.hpp"
#include "src/scheduler/queue_drain.hpp"
#include "src/scheduler/scheduler_config.hpp"
#include "src/scheduler/step_cost.hpp"

namespace octavo {

/// Who waits already.
struct QueueLoad {
  std::int32_t num_sequences = 0;
  std::int64_t num_prompt_tokens = 0;
  QueueDrain drain{};  ///< How fast they leave.
};

/// Why the request is not taken into the queue; nothing when it is. kQueueFull says after which
/// time there will be room, by the tokens that are ahead and the rate at which they leave. Errors:
/// kInvalidValue, kContextLengthExceeded, kUnsupportedParameter, kQueueFull, kDeadlineExceeded.
std::optional<Error> refusal(const SchedulerConfig& config, const Request& request,
                             const QueueLoad& waiting, const StepCost& cost, TimePoint now);

/// Tokens that every sequence of a request that was not refused can have as its completion.
std::int32_t completion_room(const SchedulerConfig& config, const Request& request);

/// Blocks that stay free beside those who run, for the decodes to grow into.
std::int32_t watermark(const SchedulerConfig& config);

/// Whether a group that will take `num_wanted` blocks may start or come back now. num_free: blocks
/// beside what the prompts already begun are going to take. While others run, the watermark
/// stays free. The allocator is paged.
bool may_enter(const SchedulerConfig& config, std::int32_t num_wanted, std::int32_t num_free,
               bool others_run);

}  // namespace octavo
