// The executor's shell: batches in, results out. It has a thread of its own, one per device, so the
// compute may block it.
#pragma once

#include "actors/messages.hpp"
#include "src/core/step_executor.hpp"

namespace octavo {

class ExecutorActor {
 public:
  ExecutorActor(const asio::any_io_executor& executor, StepExecutor& device)
      : mailbox_(executor), device_(device) {}

  Address<ExecutorMessage> address() const { return mailbox_.address(); }
  void close() { mailbox_.close(); }
  /// The ring's last arrow, known only once the scheduler exists.
  void set_scheduler(Address<SchedulerMessage> scheduler) { scheduler_ = std::move(scheduler); }

  asio::awaitable<void> run() {
    for (;;) {
      auto message = co_await mailbox_.receive();
      if (!message) break;
      auto result = device_.execute(message->batch);
      if (result) {
        scheduler_.send(StepCompleted{std::move(*result)});
      } else {
        scheduler_.send(StepFailed{message->batch.id, result.error()});
      }
    }
  }

 private:
  Mailbox<ExecutorMessage> mailbox_;
  StepExecutor& device_;
  Address<SchedulerMessage> scheduler_;
};

}  // namespace octavo
