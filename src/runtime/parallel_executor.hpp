// One model on several GPUs (tensor parallelism): every device runs every step on its shard, sums
// with the others inside the layers, and samples the same tokens from the same logits. The first
// one's results are the step's.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "src/runtime/device_executor.hpp"
#include "src/runtime/task_thread.hpp"

namespace octavo {

class ParallelExecutor final : public ModelExecutor {
 public:
  /// One per device, in the order of their ranks; each was made on, and is only used from, its
  /// thread.
  ParallelExecutor(std::vector<std::unique_ptr<TaskThread>> threads,
                   std::vector<std::unique_ptr<DeviceExecutor>> shards);
  ~ParallelExecutor() override;
  /// What was made on each of the threads, as one. Errors: the first of theirs; what the others
  /// made has gone on their threads by then.
  [[nodiscard]] static Result<std::unique_ptr<ModelExecutor>> join(
      std::vector<std::unique_ptr<TaskThread>> threads,
      std::vector<Result<std::unique_ptr<DeviceExecutor>>> made);

  const ModelInfo& info() const override { return info_; }
  bool is_asynchronous() const override { return true; }
  [[nodiscard]] Result<LaunchedStep> launch(const StepBatch& batch) override;
  bool has_ended(const LaunchedStep&) override { return false; }
  void wait(const LaunchedStep& step) override;
  [[nodiscard]] Result<StepResult> collect(const LaunchedStep& step) override;
  std::optional<LaunchedTransfer> oldest_transfer() const override;
  void wait(const LaunchedTransfer& transfer) override;
  std::vector<TransferId> collect_transfers() override;
  std::string fault() const override { return shards_.front()->fault(); }

 private:
  /// Calls work(shard, rank) on every shard's thread and waits for all.
  void on_all(const std::function<void(DeviceExecutor&, std::size_t)>& work);
  /// Those that have finished on every device by now.
  void count_transfers(const std::vector<TransferId>& finished, std::vector<TransferId>& complete);

  std::vector<std::unique_ptr<TaskThread>> threads_;
  std::vector<std::unique_ptr<DeviceExecutor>> shards_;
  ModelInfo info_;
  std::map<TransferId, std::size_t> num_finished_;  ///< On how many devices.
};

}  // namespace octavo
