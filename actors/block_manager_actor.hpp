// The block manager's shell: plans in, batches out.
#pragma once

#include "actors/engine_status.hpp"
#include "actors/messages.hpp"
#include "src/cache/block_manager.hpp"

namespace octavo {

class BlockManagerActor {
 public:
  BlockManagerActor(const asio::any_io_executor& executor, const CacheConfig& config,
                    Address<ExecutorMessage> executor_actor, EngineStatus& status)
      : mailbox_(executor),
        blocks_(config),
        executor_(std::move(executor_actor)),
        status_(status) {
    status_.num_blocks.store(config.num_blocks);
    status_.num_free_blocks.store(config.num_blocks);
  }

  Address<BlockManagerMessage> address() const { return mailbox_.address(); }
  void close() { mailbox_.close(); }

  asio::awaitable<void> run() {
    for (;;) {
      auto message = co_await mailbox_.receive();
      if (!message) break;
      StepBatch batch = blocks_.reserve(std::move(message->plan));
      status_.num_free_blocks.store(batch.credits.num_free, std::memory_order_relaxed);
      status_.num_tokens_held.store(blocks_.num_tokens_held(), std::memory_order_relaxed);
      executor_.send(ExecuteStep{std::move(batch)});
    }
  }

  const BlockManager& blocks() const { return blocks_; }

 private:
  Mailbox<BlockManagerMessage> mailbox_;
  BlockManager blocks_;
  Address<ExecutorMessage> executor_;
  EngineStatus& status_;
};

}  // namespace octavo
