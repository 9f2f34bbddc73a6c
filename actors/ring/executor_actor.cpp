#include "actors/ring/executor_actor.hpp"

#include <algorithm>

namespace octavo {

asio::awaitable<void> ExecutorActor::run() {
  for (;;) {
    auto message = co_await mailbox_.receive();
    if (!message) break;
    launch(std::move(message->batch));
  }
  steps_on_their_way_.close();
  transfers_on_their_way_.close();
}

asio::awaitable<void> ExecutorActor::follow_steps() {
  for (;;) {
    const auto step = co_await steps_on_their_way_.receive();
    if (!step) break;
    std::function<void()> wait = [this, step = *step] { device_.wait(step); };
    co_await step_end_.until(std::move(wait));
    end_oldest();
    report_steps();
  }
}

asio::awaitable<void> ExecutorActor::follow_transfers() {
  for (;;) {
    const auto transfer = co_await transfers_on_their_way_.receive();
    if (!transfer) break;
    std::function<void()> wait = [this, transfer = *transfer] { device_.wait(transfer); };
    co_await transfer_end_.until(std::move(wait));
    watches_transfer_ = false;
    if (!steps_.empty()) continue;  // Their results will report it, in the order of the steps.
    auto finished = device_.collect_transfers();
    if (!finished.empty()) scheduler_.send(TransfersFinished{std::move(finished)});
    watch_transfers();
  }
}

void ExecutorActor::launch(StepBatch batch) {
  auto launched = device_.launch(batch);
  const bool has_ended = !launched || device_.has_ended(*launched);
  if (!has_ended) steps_on_their_way_.address().send(*launched);
  steps_.push_back({std::move(batch.receipt), std::move(launched), has_ended});
  report_steps();
}

void ExecutorActor::end_oldest() {
  const auto oldest =
      std::find_if(steps_.begin(), steps_.end(), [](const Step& step) { return !step.has_ended; });
  OCTAVO_ASSERT(oldest != steps_.end());
  oldest->has_ended = true;
}

// In the order of the plans: a step that failed at once waits for the one before it.
void ExecutorActor::report_steps() {
  for (; !steps_.empty() && steps_.front().has_ended; steps_.pop_front()) {
    Step& step = steps_.front();
    if (!step.launched) {
      scheduler_.send(StepFailed{step.receipt.id, step.launched.error()});
      continue;
    }
    auto result = device_.collect(*step.launched);
    if (result)
      scheduler_.send(StepCompleted{std::move(step.receipt), std::move(*result)});
    else
      scheduler_.send(StepFailed{step.receipt.id, result.error()});
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
  watches_transfer_ = transfers_on_their_way_.address().send(*transfer) == SendResult::kAccepted;
}

}  // namespace octavo
