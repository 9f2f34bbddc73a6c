// The shell of the block manager. It takes plans in and sends batches out, and sends a picture of
// the blocks to whoever subscribed to it.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <optional>

#include "actors/messages.hpp"
#include "actors/ring/block_feed.hpp"
#include "src/cache/block_manager.hpp"
#include "src/core/engine_status.hpp"

namespace octavo {

class BlockManagerActor {
 public:
  using Clock = std::function<TimePoint()>;

  BlockManagerActor(const asio::any_io_executor& executor, const CacheConfig& config,
                    Address<ExecuteStep> executor_actor, EngineStatus& status, Clock clock);

  Address<BlockManagerMessage> address() const { return mailbox_.address(); }
  void close() { mailbox_.close(); }
  asio::awaitable<void> run();

  const BlockManager& blocks() const { return blocks_; }

 private:
  void handle(ReserveStep message);
  void handle(SubscribeBlocks message);
  void handle(const UnsubscribeBlocks& message);
  void handle(const BlockMapTaken& message);
  void handle(const PublishBlocks& message);
  void handle(const AuditBlocks& message);
  void publish_status(const CacheCredits& credits);
  void publish();
  void wake_at(std::optional<TimePoint> due, TimePoint now);
  void stop_watching_if_alone();

  Mailbox<BlockManagerMessage> mailbox_;
  BlockManager blocks_;
  Address<ExecuteStep> executor_;
  EngineStatus& status_;
  Clock clock_;
  BlockFeed feed_;
  bool has_changes_ = false;  ///< Watched, and a step has come since the changes were taken.
  asio::steady_timer timer_;
  std::optional<TimePoint> wakes_at_;  ///< What the timer waits for.
};

}  // namespace octavo
