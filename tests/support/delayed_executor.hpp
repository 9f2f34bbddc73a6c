// The fake executor as a device would be: steps and transfers end some time after they were
// launched, and whoever wants to know waits on a thread of his own.
#pragma once

#include <atomic>
#include <chrono>
#include <deque>
#include <mutex>
#include <thread>

#include "tests/support/fake_executor.hpp"

namespace octavo::testing {

class DelayedExecutor final : public StepExecutor {
 public:
  DelayedExecutor(std::int32_t num_blocks, std::int32_t block_size, std::int32_t vocab_size,
                  std::int32_t num_host_blocks)
      : fake(num_blocks, block_size, vocab_size, num_host_blocks) {
    fake.holds_transfers = true;
  }

  Result<LaunchedStep> launch(const StepBatch& batch) override {
    if (is_lost && !batch.scheduled.empty())
      return Error{Errc::kEngineError, "the device is lost", ""};
    auto launched = fake.launch(batch);
    if (!launched) return launched.error();
    most_in_flight = std::max(most_in_flight, ++num_in_flight_);
    return LaunchedStep{next_ticket_++};
  }
  bool has_ended(const LaunchedStep&) override { return false; }
  void wait(const LaunchedStep&) override { std::this_thread::sleep_for(kStepTime); }
  Result<StepResult> collect(const LaunchedStep& step) override {
    --num_in_flight_;
    auto result = fake.collect(step);
    if (is_lost && !result->sampled.empty())
      return Error{Errc::kEngineError, "the device is lost", ""};
    // Transfers take longer than steps.
    if (result->id.value % 4 == 0 && fake.holds_transfer_up_to(result->id))
      fake.finish_transfers(1, result->transfers_finished);
    return result;
  }
  std::optional<LaunchedTransfer> oldest_transfer() const override {
    if (fake.num_transfers() == 0) return std::nullopt;
    return LaunchedTransfer{0};
  }
  void wait(const LaunchedTransfer&) override {
    ++num_waited_transfers;
    std::this_thread::sleep_for(kStepTime);
  }
  std::vector<TransferId> collect_transfers() override {
    std::vector<TransferId> finished;
    fake.finish_transfers(1, finished);
    return finished;
  }
  std::string fault() const override { return is_lost ? "the device is lost" : ""; }

  FakeExecutor fake;
  std::atomic<bool> is_lost{false};
  std::atomic<int> num_waited_transfers{0};
  int most_in_flight = 0;

 private:
  static constexpr std::chrono::microseconds kStepTime{50};
  int num_in_flight_ = 0;
  std::uint64_t next_ticket_ = 0;
};

}  // namespace octavo::testing
