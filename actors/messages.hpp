// Every message that one actor sends another, one variant per mailbox. Commands are verb + noun,
// events noun + past participle; each is a struct of values that carries the id it is about.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "actors/runtime/mailbox.hpp"
#include "src/core/block_audit.hpp"
#include "src/core/block_map.hpp"
#include "src/core/request.hpp"
#include "src/core/step.hpp"
#include "src/response/prompt.hpp"

namespace octavo {

// scheduler -> session: everything that one plan or one completed step means for one listener.
using SessionEvents = std::vector<RequestEvent>;

// desk -> session
struct PromptPrepared {
  RequestId request;
  std::unique_ptr<Result<Prompt>>
      prompt;  ///< Never null. Behind a pointer, because its move may throw.
};

// block manager -> session: one at a time, the next when this one was taken.
struct BlockMapChanged {
  std::uint64_t subscription = 0;
  std::shared_ptr<const BlockMap> map;
};

// session -> itself, from its timer
struct LoadDue {
  std::uint64_t subscription = 0;
};

// archive -> session
struct ResponseStored {
  RequestId request;
  std::shared_ptr<const Error> error;  ///< Null: it is on the disk.
};
struct ParentFound {
  RequestId request;
  std::shared_ptr<const RememberedResponse> parent;  ///< Null: there is none.
};

/// Time to look whether anybody has come back to the responses that run on.
struct GraceDue {};

using SessionMessage = std::variant<SessionEvents, PromptPrepared, BlockMapChanged, LoadDue,
                                    GraceDue, ResponseStored, ParentFound>;

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

// session -> block manager
/// Who wants to see the blocks; `number` distinguishes one subscription of a session from its next.
struct BlockSubscriber {
  Address<SessionMessage> address;
  std::uint64_t number = 0;
  friend bool operator==(const BlockSubscriber&, const BlockSubscriber&) = default;
};
/// Answered by a full map, then by what changes, once per interval at most.
struct SubscribeBlocks {
  BlockSubscriber subscriber;
  std::chrono::milliseconds interval{};
};
struct UnsubscribeBlocks {
  BlockSubscriber subscriber;
};
/// The last map is on its way to the client: another may come.
struct BlockMapTaken {
  BlockSubscriber subscriber;
};

// block manager -> itself, from its timer
struct PublishBlocks {};

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
  StepReceipt receipt;
  StepResult result;
};
struct StepFailed {
  StepId id;
  Error error;
};
/// Sent when no step ran that would have reported it.
struct TransfersFinished {
  std::vector<TransferId> transfers;
};

using SchedulerMessage = std::variant<SubmitRequest, CancelRequest, CancelAll, StepCompleted,
                                      StepFailed, TransfersFinished>;
using BlockManagerMessage = std::variant<ReserveStep, AuditBlocks, SubscribeBlocks,
                                         UnsubscribeBlocks, BlockMapTaken, PublishBlocks>;

}  // namespace octavo
