// One session's view of the blocks: maps from the block manager become frames in the outbox while
// it has room; the block manager learns when it may send the next. Thread: the io thread's only.
#pragma once

#include <optional>

#include "actors/messages.hpp"
#include "actors/session/outbox.hpp"
#include "protocol/feed_frames.hpp"

namespace octavo {

class BlockSubscription {
 public:
  BlockSubscription(Address<BlockManagerMessage> block_manager, Address<SessionMessage> session,
                    Outbox& outbox, BlockFrames::Naming name_of);

  /// Begins, or begins anew: a full map, numbered from 0.
  void begin(std::chrono::milliseconds interval);
  void end();
  void take(BlockMapChanged message);
  /// The outbox has room again: goes on with the map under way.
  void write();

 private:
  Address<BlockManagerMessage> block_manager_;
  BlockSubscriber self_;
  Outbox& outbox_;
  BlockFrames::Naming name_of_;
  bool is_active_ = false;
  std::int64_t next_number_ = 0;
  std::optional<BlockFrames> frames_;  ///< The frames of the map that is being written.
};

}  // namespace octavo
