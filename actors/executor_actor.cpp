#include "actors/executor_actor.hpp"

#include <algorithm>

namespace octavo {

asio::awaitable<void> ExecutorActor::run() {
  for (;;) {
    auto message = co_await mailbox_.receive();
    if (!message) break;
    std::visit([this](const auto& each) { handle(each); }, *message);
  }
}

void ExecutorActor::handle(const ExecuteStep& message) {
  auto launched = device_.launch(message.batch);
  const bool has_ended = !launched || device_.has_ended(*launched);
  if (!has_ended) wait_for(*launched);
  steps_.push_back({message.batch.id, std::move(launched), has_ended});
  report_steps();
}

void ExecutorActor::wait_for(const LaunchedStep& step) {
  step_waiter_.run([this, step, self = mailbox_.address()] {
    device_.wait(step);
    self.send(StepEnded{});
  });
}

void ExecutorActor::handle(const StepEnded&) {
  const auto oldest =
      std::find_if(steps_.begin(), steps_.end(), [](const Step& step) { return !step.has_ended; });
  if (oldest != steps_.end()) oldest->has_ended = true;
  report_steps();
}

void ExecutorActor::handle(const TransferEnded&) {
  watches_transfer_ = false;
  if (!steps_.empty()) return;  // Their results will tell, in the order of the steps.
  auto finished = device_.collect_transfers();
  if (!finished.empty()) scheduler_.send(TransfersFinished{std::move(finished)});
  watch_transfers();
}

// In the order of the plans: a step that failed at once waits for the one before it.
void ExecutorActor::report_steps() {
  for (; !steps_.empty() && steps_.front().has_ended; steps_.pop_front()) {
    const Step& step = steps_.front();
    if (!step.launched) {
      scheduler_.send(StepFailed{step.id, step.launched.error()});
      continue;
    }
    auto result = device_.collect(*step.launched);
    if (result)
      scheduler_.send(StepCompleted{std::move(*result)});
    else
      scheduler_.send(StepFailed{step.id, result.error()});
  }
  watch_transfers();
  if (!on_lost_) return;
  const std::string fault = device_.fault();
  if (!fault.empty()) std::exchange(on_lost_, nullptr)(fault);
}

void ExecutorActor::watch_transfers() {
  if (watches_transfer_ || !steps_.empty() || !device_.fault().empty()) return;
  const auto transfer = device_.oldest_transfer();
  if (!transfer) return;
  watches_transfer_ = true;
  transfer_waiter_.run([this, transfer = *transfer, self = mailbox_.address()] {
    device_.wait(transfer);
    self.send(TransferEnded{});
  });
}

}  // namespace octavo
