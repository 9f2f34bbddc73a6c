// The executor's shell: batches in, results out, in the same order. It has a thread of its own, one
// per device, so that launching may block it; the end of a step that is still on its way comes back
// as a message.
#pragma once

#include <deque>
#include <functional>

#include "actors/messages.hpp"
#include "src/core/step_executor.hpp"
#include "src/runtime/task_thread.hpp"

namespace octavo {

class ExecutorActor {
 public:
  /// on_lost: called once, on the executor's thread, when the device can do no more.
  ExecutorActor(const asio::any_io_executor& executor, StepExecutor& device,
                std::function<void(const std::string&)> on_lost)
      : mailbox_(executor), device_(device), on_lost_(std::move(on_lost)) {}

  Address<ExecutorMessage> address() const { return mailbox_.address(); }
  void close() { mailbox_.close(); }
  /// The ring's last arrow, known only once the scheduler exists.
  void set_scheduler(Address<SchedulerMessage> scheduler) { scheduler_ = std::move(scheduler); }

  asio::awaitable<void> run();

 private:
  /// A step that the scheduler has not heard of yet.
  struct Step {
    StepId id;
    Result<LaunchedStep> launched;
    bool has_ended = false;
  };

  void handle(const ExecuteStep& message);
  void handle(const StepEnded& message);
  void handle(const TransferEnded& message);
  void wait_for(const LaunchedStep& step);
  void report_steps();
  /// With no step on its way that would tell of them, transfers are waited for themselves.
  void watch_transfers();

  Mailbox<ExecutorMessage> mailbox_;
  StepExecutor& device_;
  std::function<void(const std::string&)> on_lost_;
  Address<SchedulerMessage> scheduler_;
  std::deque<Step> steps_;  ///< Oldest first.
  bool watches_transfer_ = false;
  TaskThread step_waiter_;
  TaskThread transfer_waiter_;
};

}  // namespace octavo
