// The shell of the executor. It takes batches in and sends their results out in the same order.
// Launching a step may block, so the actor has a thread of its own. What is on its way on the
// device is awaited by two more coroutines, one for steps and one for transfers.
#pragma once

#include <deque>
#include <functional>

#include "actors/messages.hpp"
#include "actors/runtime/event_wait.hpp"
#include "src/engine/step_executor.hpp"

namespace octavo {

class ExecutorActor {
 public:
  /// on_lost: called once, on the executor's thread, when the device can do no more.
  ExecutorActor(const asio::any_io_executor& executor, StepExecutor& device,
                std::function<void(const std::string&)> on_lost)
      : mailbox_(executor),
        device_(device),
        on_lost_(std::move(on_lost)),
        steps_on_their_way_(executor),
        transfers_on_their_way_(executor),
        step_end_(executor),
        transfer_end_(executor) {}

  Address<ExecuteStep> address() const { return mailbox_.address(); }
  void close() { mailbox_.close(); }
  /// The ring's last arrow, known only once the scheduler exists.
  void set_scheduler(Address<SchedulerMessage> scheduler) { scheduler_ = std::move(scheduler); }

  /// Launches what comes; its end ends the other two.
  asio::awaitable<void> run();
  /// Awaits the end of every step that was launched, and reports it.
  asio::awaitable<void> follow_steps();
  /// Awaits transfers while no step is on its way that would report them.
  asio::awaitable<void> follow_transfers();

 private:
  /// A step whose result the scheduler does not have yet.
  struct Step {
    StepReceipt receipt;
    Result<LaunchedStep> launched;
    bool has_ended = false;
  };

  void launch(StepBatch batch);
  void end_oldest();
  void report_steps();
  void watch_transfers();

  Mailbox<ExecuteStep> mailbox_;
  StepExecutor& device_;
  std::function<void(const std::string&)> on_lost_;
  Address<SchedulerMessage> scheduler_;
  std::deque<Step> steps_;  ///< Oldest first.
  Mailbox<LaunchedStep> steps_on_their_way_;
  Mailbox<LaunchedTransfer> transfers_on_their_way_;
  bool watches_transfer_ = false;
  EventWait step_end_;
  EventWait transfer_end_;
};

}  // namespace octavo
