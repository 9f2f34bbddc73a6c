// The scheduler's shell: takes messages in, tells the pure scheduler, sends out its plans and
// events. Reads the clock on its behalf, and tells the journal, if there is one, whatever it tells
// the scheduler. Ends once it was told to cancel all and the ring is empty.
#pragma once

#include <functional>
#include <unordered_map>

#include "actors/messages.hpp"
#include "actors/ring/engine_status.hpp"
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
  bool draining_ = false;
};

}  // namespace octavo
