// Every message that one actor sends another, one variant per mailbox. Commands are verb + noun,
// events noun + past participle; each is a struct of values that carries the id it is about.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "actors/prompt.hpp"
#include "actors/runtime/mailbox.hpp"
#include "src/core/block_audit.hpp"
#include "src/core/request.hpp"
#include "src/core/step.hpp"

namespace octavo {

// scheduler -> session: everything that one plan or one completed step tells one listener.
using SessionEvents = std::vector<RequestEvent>;

// desk -> session
struct PromptPrepared {
  RequestId request;
  std::unique_ptr<Result<Prompt>>
      prompt;  ///< Never null. Behind a pointer, because its move may throw.
};

using SessionMessage = std::variant<SessionEvents, PromptPrepared>;

// session -> scheduler
struct SubmitRequest {
  Request request;
  Address<SessionMessage> reply_to;
};
struct CancelRequest {
  RequestId request;
  CancelReason reason = CancelReason::kClientGone;
  std::int32_t choice = -1;  ///< -1: the whole group.
};
/// Everything that still runs ends now; new requests are refused with kServerDraining.
struct CancelAll {
  CancelReason reason = CancelReason::kShutdown;
};

// scheduler -> block manager
struct ReserveStep {
  StepPlan plan;
};

// anybody -> block manager
struct BlocksAudited {
  BlockAudit audit;
};
/// Counts every block, now: O(blocks).
struct AuditBlocks {
  Address<BlocksAudited> reply_to;
};

// block manager -> executor
struct ExecuteStep {
  StepBatch batch;
};

// executor -> scheduler
struct StepCompleted {
  StepResult result;
};
struct StepFailed {
  StepId id;
  Error error;
};

using SchedulerMessage =
    std::variant<SubmitRequest, CancelRequest, CancelAll, StepCompleted, StepFailed>;
using BlockManagerMessage = std::variant<ReserveStep, AuditBlocks>;
using ExecutorMessage = ExecuteStep;

}  // namespace octavo
