#include "actors/block_feed.hpp"

#include <algorithm>

namespace octavo {

void BlockFeed::subscribe(SubscribeBlocks request, BlockMap full, TimePoint now) {
  std::erase_if(subscribers_, [&request](const Watcher& each) {
    return each.request.subscriber.address == request.subscriber.address;
  });
  Watcher watcher{std::move(request), now, true, {}};
  if (send(watcher, std::move(full), now) == SendResult::kAccepted)
    subscribers_.push_back(std::move(watcher));
}

void BlockFeed::unsubscribe(const BlockSubscriber& subscriber) {
  std::erase_if(subscribers_, [&subscriber](const Watcher& each) {
    return each.request.subscriber == subscriber;
  });
}

void BlockFeed::taken(const BlockSubscriber& subscriber) {
  if (Watcher* watcher = find(subscriber)) watcher->is_ready = true;
}

std::optional<TimePoint> BlockFeed::next_due(bool has_changes) const {
  std::optional<TimePoint> due;
  for (const Watcher& each : subscribers_) {
    if (!each.is_ready || (!has_changes && each.missed.empty())) continue;
    due = due ? std::min(*due, each.next) : each.next;
  }
  return due;
}

void BlockFeed::publish(const BlockMap& changes, TimePoint now) {
  std::erase_if(subscribers_, [&](Watcher& watcher) {
    for (const BlockView& block : changes.blocks)
      watcher.missed.insert_or_assign({block.tier, block.id}, block);
    if (!watcher.is_ready || watcher.next > now || watcher.missed.empty()) return false;
    BlockMap map = changes;
    map.is_full = false;
    map.blocks.clear();
    for (auto& [key, block] : watcher.missed) map.blocks.push_back(std::move(block));
    watcher.missed.clear();
    return send(watcher, std::move(map), now) == SendResult::kClosed;
  });
}

BlockFeed::Watcher* BlockFeed::find(const BlockSubscriber& subscriber) {
  const auto found = std::find_if(
      subscribers_.begin(), subscribers_.end(),
      [&subscriber](const Watcher& each) { return each.request.subscriber == subscriber; });
  return found == subscribers_.end() ? nullptr : &*found;
}

SendResult BlockFeed::send(Watcher& watcher, BlockMap map, TimePoint now) {
  watcher.is_ready = false;
  watcher.next = now + watcher.request.interval;
  const BlockSubscriber& subscriber = watcher.request.subscriber;
  return subscriber.address.send(
      BlockMapChanged{subscriber.number, std::make_shared<const BlockMap>(std::move(map))});
}

}  // namespace octavo
