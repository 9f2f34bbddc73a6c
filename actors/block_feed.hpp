// Who watches the blocks, what each has not been shown yet, and when it may be shown: at most one
// map per interval, and none before the last one was taken. What a slow subscriber misses is merged
// and bounded by the number of blocks. Time is passed in.
#pragma once

#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "actors/messages.hpp"

namespace octavo {

class BlockFeed {
 public:
  bool is_empty() const { return subscribers_.empty(); }

  /// Sends the full map at once. A session has one subscription: an older one of it ends.
  void subscribe(SubscribeBlocks request, BlockMap full, TimePoint now);
  void unsubscribe(const BlockSubscriber& subscriber);
  void taken(const BlockSubscriber& subscriber);

  /// When the next map may be sent; nothing while there is nothing to send or nobody is ready.
  /// has_changes: blocks have changed that were not published yet.
  std::optional<TimePoint> next_due(bool has_changes) const;
  /// Sends the changes, and what else they have missed, to those whose time has come; keeps them
  /// for the others. Who is gone is forgotten.
  void publish(const BlockMap& changes, TimePoint now);

 private:
  using BlockKey = std::pair<Tier, BlockId>;
  struct Watcher {
    SubscribeBlocks request;
    TimePoint next;        ///< Not before.
    bool is_ready = true;  ///< The last map was taken.
    std::map<BlockKey, BlockView> missed;
  };

  Watcher* find(const BlockSubscriber& subscriber);
  static SendResult send(Watcher& watcher, BlockMap map, TimePoint now);

  std::vector<Watcher> subscribers_;
};

}  // namespace octavo
