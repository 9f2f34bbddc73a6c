// HTTP handlers want an audit of the blocks, which only the block manager can make. This asks it
// and waits for the answer without blocking a thread.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <optional>

#include "actors/messages.hpp"

namespace octavo {

class BlockAuditor {
 public:
  BlockAuditor(Address<BlockManagerMessage> block_manager, asio::any_io_executor executor,
               std::chrono::milliseconds limit = std::chrono::seconds(2))
      : block_manager_(std::move(block_manager)), executor_(std::move(executor)), limit_(limit) {}

  /// Nothing when the block manager has left, or does not answer within the limit. The auditor
  /// outlives the coroutine, which runs on its executor.
  asio::awaitable<std::optional<BlockAudit>> audit() const;
  /// The last answer to this call where it is no older than `age`, else a new one. An audit walks
  /// every block on the engine's thread, and routers look at metrics many times a second.
  asio::awaitable<std::optional<BlockAudit>> recent(std::chrono::milliseconds age, TimePoint now);

 private:
  Address<BlockManagerMessage> block_manager_;
  asio::any_io_executor executor_;
  std::chrono::milliseconds limit_;
  std::optional<BlockAudit> last_;
  TimePoint asked_at_{};  ///< For the last one.
};

}  // namespace octavo
