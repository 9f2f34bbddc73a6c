#include "src/runtime/parallel_executor.hpp"

#include <algorithm>

namespace octavo {

ParallelExecutor::ParallelExecutor(std::vector<std::unique_ptr<TaskThread>> threads,
                                   std::vector<std::unique_ptr<DeviceExecutor>> shards)
    : threads_(std::move(threads)), shards_(std::move(shards)), info_(shards_.front()->info()) {
  info_.device = std::to_string(shards_.size()) + " x " + info_.device;
}

Result<std::unique_ptr<ModelExecutor>> ParallelExecutor::join(
    std::vector<std::unique_ptr<TaskThread>> threads,
    std::vector<Result<std::unique_ptr<DeviceExecutor>>> made) {
  const auto failed = std::ranges::find_if(made, [](const auto& each) { return !each; });
  if (failed == made.end()) {
    std::vector<std::unique_ptr<DeviceExecutor>> shards;
    for (auto& each : made) shards.push_back(std::move(*each));
    return std::make_unique<ParallelExecutor>(std::move(threads), std::move(shards));
  }
  Error error = failed->error();
  std::vector<std::future<void>> done;
  for (std::size_t rank = 0; rank < made.size(); ++rank)
    done.push_back(threads[rank]->run([&made, rank] { made[rank] = Error{}; }));
  for (auto& each : done) each.get();
  return error;
}

ParallelExecutor::~ParallelExecutor() {
  on_all([this](DeviceExecutor&, std::size_t rank) { shards_[rank].reset(); });
}

void ParallelExecutor::on_all(const std::function<void(DeviceExecutor&, std::size_t)>& work) {
  std::vector<std::future<void>> done;
  for (std::size_t rank = 0; rank < shards_.size(); ++rank)
    done.push_back(threads_[rank]->run([&, rank] { work(*shards_[rank], rank); }));
  for (auto& each : done) each.get();
}

// All of them take or refuse a batch alike: they know the same.
Result<LaunchedStep> ParallelExecutor::launch(const StepBatch& batch) {
  std::vector<std::optional<Result<LaunchedStep>>> launched(shards_.size());
  on_all([&](DeviceExecutor& shard, std::size_t rank) { launched[rank] = shard.launch(batch); });
  for (const auto& each : launched) {
    if (!*each) return each->error();
  }
  return *launched.front();
}

void ParallelExecutor::wait(const LaunchedStep& step) {
  for (const auto& shard : shards_) shard->wait(step);
}

Result<StepResult> ParallelExecutor::collect(const LaunchedStep& step) {
  std::vector<std::optional<Result<StepResult>>> results(shards_.size());
  on_all([&](DeviceExecutor& shard, std::size_t rank) { results[rank] = shard.collect(step); });
  for (const auto& each : results) {
    if (!*each) return each->error();
  }
  StepResult result = std::move(**results.front());
  // What one device gives up for its time alone, all give up.
  for (std::size_t rank = 1; rank < results.size(); ++rank) {
    for (FailedSequence& each : (*results[rank])->failed) {
      if (std::ranges::find(result.failed, each.id, &FailedSequence::id) == result.failed.end())
        result.failed.push_back(std::move(each));
    }
  }
  std::vector<TransferId> complete;
  count_transfers(std::exchange(result.transfers_finished, {}), complete);
  for (std::size_t rank = 1; rank < results.size(); ++rank)
    count_transfers((*results[rank])->transfers_finished, complete);
  result.transfers_finished = std::move(complete);
  return result;
}

void ParallelExecutor::count_transfers(const std::vector<TransferId>& finished,
                                       std::vector<TransferId>& complete) {
  for (const TransferId& id : finished) {
    if (++num_finished_[id] < shards_.size()) continue;
    num_finished_.erase(id);
    complete.push_back(id);
  }
}

std::optional<LaunchedTransfer> ParallelExecutor::oldest_transfer() const {
  for (const auto& shard : shards_) {
    if (const auto oldest = shard->oldest_transfer()) return oldest;
  }
  return std::nullopt;
}

// Every device counts its copies alike.
void ParallelExecutor::wait(const LaunchedTransfer& transfer) {
  for (const auto& shard : shards_) shard->wait(transfer);
}

std::vector<TransferId> ParallelExecutor::collect_transfers() {
  std::vector<std::vector<TransferId>> finished(shards_.size());
  on_all(
      [&](DeviceExecutor& shard, std::size_t rank) { finished[rank] = shard.collect_transfers(); });
  std::vector<TransferId> complete;
  for (const auto& each : finished) count_transfers(each, complete);
  return complete;
}

}  // namespace octavo
