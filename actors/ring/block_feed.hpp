// Who watches the blocks, what each has not been shown yet, and when it may be shown. A subscriber
// gets at most one map per interval, and none before it has taken the last one. What a slow
// subscriber misses is merged and bounded by the number of blocks. Full maps are expensive, so
// there is a pause between two of them, and all who wait share one. Time is passed in.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "actors/messages.hpp"

namespace octavo {

class BlockFeed {
 public:
  static constexpr std::chrono::milliseconds kFullMapPause{100};
  /// Added for every block of the map: making it takes about a tenth of this.
  static constexpr std::chrono::microseconds kFullMapPausePerBlock{4};

  bool is_empty() const { return subscribers_.empty(); }

  /// A full map is due. A session has one subscription: an older one of it ends.
  void subscribe(SubscribeBlocks request, TimePoint now);
  void unsubscribe(const BlockSubscriber& subscriber);
  void taken(const BlockSubscriber& subscriber);

  /// When the next map may be sent; nothing while there is nothing to send or nobody is ready.
  /// has_changes: blocks have changed that were not published yet.
  std::optional<TimePoint> next_due(bool has_changes) const;
  /// Sends the changes, and what else they have missed, to those whose time has come; keeps them
  /// for the others. Who is gone is forgotten. make_full_map: as the blocks are after the changes.
  void publish(const BlockMap& changes, const std::function<BlockMap()>& make_full_map,
               TimePoint now);

 private:
  using BlockKey = std::pair<Tier, BlockId>;
  struct Watcher {
    SubscribeBlocks request;
    TimePoint next;                        ///< Not before.
    bool is_ready = true;                  ///< The last map was taken.
    bool is_new = true;                    ///< Has not been shown a full map.
    std::map<BlockKey, BlockView> missed;  ///< Since the last map.
  };
  using SharedMap = std::shared_ptr<const BlockMap>;

  Watcher* find(const BlockSubscriber& subscriber);
  static SharedMap missed_map(Watcher& watcher, const BlockMap& changes);
  static SendResult send(Watcher& watcher, SharedMap map, TimePoint now);

  std::vector<Watcher> subscribers_;
  std::optional<TimePoint> next_full_map_;  ///< Not before.
};

}  // namespace octavo
