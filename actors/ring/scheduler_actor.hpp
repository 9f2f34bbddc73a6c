// The shell of the scheduler. It takes messages in, calls the pure scheduler, and sends out its
// plans and events. It reads the clock on the scheduler's behalf, and gives the journal, if there
// is one, every call that it makes. It ends once it was asked to cancel all and the ring is empty.
#pragma once

#include <functional>
#include <unordered_map>

#include "actors/messages.hpp"
#include "src/core/engine_status.hpp"
#include "src/scheduler/scheduler.hpp"
#include "src/scheduler/scheduler_journal.hpp"

namespace octavo {

class SchedulerActor {
 public:
  using Clock = std::function<TimePoint()>;

  SchedulerActor(const asio::any_io_executor& executor, SchedulerConfig config,
                 Address<BlockManagerMessage> block_manager, EngineStatus& status, Clock clock,
                 SchedulerJournal* journal = nullptr);

  Address<SchedulerMessage> address() const { return mailbox_.address(); }
  asio::awaitable<void> run();

  bool is_idle() const { return scheduler_.is_idle(); }

 private:
  void handle(SubmitRequest message);
  void handle(const CancelRequest& message);
  void handle(const CancelAll& message);
  void handle(const StepCompleted& message);
  void handle(const StepFailed& message);
  void handle(const TransfersFinished& message);
  void cancel(RequestId request, CancelReason reason, std::int32_t choice);
  std::optional<StepPlan> next_plan();
  void send_plans();
  void send_events();
  void publish();

  Mailbox<SchedulerMessage> mailbox_;
  Scheduler scheduler_;
  Address<BlockManagerMessage> block_manager_;
  EngineStatus& status_;
  Clock clock_;
  SchedulerJournal* journal_;
  std::unordered_map<RequestId, Address<SessionMessage>> listeners_;
  bool has_ended_step_ = false;  ///< A step has come back since the last publish().
  bool draining_ = false;
};

}  // namespace octavo
