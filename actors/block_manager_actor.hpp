// The block manager's shell: plans in, batches out.
#pragma once

#include "actors/engine_status.hpp"
#include "actors/messages.hpp"
#include "src/cache/block_manager.hpp"

namespace octavo {

class BlockManagerActor {
 public:
  BlockManagerActor(const asio::any_io_executor& executor, std::int32_t num_blocks,
                    std::int32_t block_size, Address<ExecutorMessage> executor_actor,
                    EngineStatus& status)
      : mailbox_(executor),
        blocks_(num_blocks, block_size),
        executor_(std::move(executor_actor)),
        status_(status) {
    status_.num_blocks.store(num_blocks);
    status_.num_free_blocks.store(num_blocks);
  }

  Address<BlockManagerMessage> address() const { return mailbox_.address(); }
  void close() { mailbox_.close(); }

  asio::awaitable<void> run() {
    for (;;) {
      auto message = co_await mailbox_.receive();
      if (!message) break;
      std::visit([this](auto& each) { handle(std::move(each)); }, *message);
    }
  }

  const BlockManager& blocks() const { return blocks_; }

 private:
  void handle(ReserveStep message) {
    StepBatch batch = blocks_.reserve(std::move(message.plan));
    status_.num_free_blocks.store(batch.free_blocks, std::memory_order_relaxed);
    status_.num_tokens_held.store(blocks_.num_tokens_held(), std::memory_order_relaxed);
    executor_.send(ExecuteStep{std::move(batch)});
  }
  void handle(const AuditBlocks& message) {
    BlockAudit audit = blocks_.audit();
    status_.audit_ok.store(audit.is_consistent, std::memory_order_relaxed);
    message.reply_to.send(BlocksAudited{std::move(audit)});
  }

  Mailbox<BlockManagerMessage> mailbox_;
  BlockManager blocks_;
  Address<ExecutorMessage> executor_;
  EngineStatus& status_;
};

}  // namespace octavo
