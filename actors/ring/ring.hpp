// The engine's three actors and the arrows between them: scheduler -> block manager -> executor ->
// scheduler. Stopping follows the data: the scheduler ends once it is drained and idle, then the
// block manager, then the executor.
#pragma once

#include "actors/ring/block_manager_actor.hpp"
#include "actors/ring/executor_actor.hpp"
#include "actors/ring/scheduler_actor.hpp"
#include "actors/runtime/supervisor.hpp"

namespace octavo {

class Ring {
 public:
  /// engine: the thread of scheduler and block manager; device: the executor's own.
  /// `step_executor` and `journal` outlive the ring. on_device_lost: on the device's thread.
  Ring(const asio::any_io_executor& engine, const asio::any_io_executor& device,
       const SchedulerConfig& config, StepExecutor& step_executor, EngineStatus& status,
       SchedulerActor::Clock clock, std::uint64_t cache_secret = 0,
       SchedulerJournal* journal = nullptr,
       std::function<void(const std::string&)> on_device_lost = nullptr)
      : engine_(engine),
        device_(device),
        executor_(device, step_executor, std::move(on_device_lost)),
        block_manager_(engine, config.cache(cache_secret), executor_.address(), status, clock),
        scheduler_(engine, config, block_manager_.address(), status, std::move(clock), journal) {
    executor_.set_scheduler(scheduler_.address());
  }

  Address<SchedulerMessage> scheduler() const { return scheduler_.address(); }
  Address<BlockManagerMessage> block_manager() const { return block_manager_.address(); }
  const BlockManager& blocks() const { return block_manager_.blocks(); }
  bool is_idle() const { return scheduler_.is_idle(); }

  void start(Supervisor& supervisor) {
    supervisor.spawn(device_, "executor", executor_.run());
    supervisor.spawn(device_, "step_follower", executor_.follow_steps());
    supervisor.spawn(device_, "transfer_follower", executor_.follow_transfers());
    supervisor.spawn(engine_, "block_manager", run_block_manager(this));
    supervisor.spawn(engine_, "scheduler", run_scheduler(this));
  }

  /// Everything that runs ends with `reason`; then the actors end, in the order of the arrows.
  /// Thread: any.
  void stop(CancelReason reason) { scheduler_.address().send(CancelAll{reason}); }

 private:
  static asio::awaitable<void> run_scheduler(Ring* self) {
    co_await self->scheduler_.run();
    self->block_manager_.close();
  }
  static asio::awaitable<void> run_block_manager(Ring* self) {
    co_await self->block_manager_.run();
    self->executor_.close();
  }

  asio::any_io_executor engine_;
  asio::any_io_executor device_;
  ExecutorActor executor_;
  BlockManagerActor block_manager_;
  SchedulerActor scheduler_;
};

}  // namespace octavo
