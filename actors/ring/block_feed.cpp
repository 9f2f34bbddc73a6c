#include "actors/ring/block_feed.hpp"

#include <algorithm>

namespace octavo {

void BlockFeed::subscribe(SubscribeBlocks request, TimePoint now) {
  std::erase_if(subscribers_, [&request](const Watcher& each) {
    return each.request.subscriber.address == request.subscriber.address;
  });
  const TimePoint next = std::max(now, next_full_map_.value_or(now));
  subscribers_.push_back(Watcher{std::move(request), next, true, true, {}});
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
    if (!each.is_ready || !(each.is_new || has_changes || !each.missed.empty())) continue;
    due = due ? std::min(*due, each.next) : each.next;
  }
  return due;
}

void BlockFeed::publish(const BlockMap& changes, const std::function<BlockMap()>& make_full_map,
                        TimePoint now) {
  SharedMap full;
  std::erase_if(subscribers_, [&](Watcher& watcher) {
    const bool is_due = watcher.is_ready && watcher.next <= now;
    if (watcher.is_new) {
      if (!is_due) return false;
      if (full == nullptr) full = std::make_shared<const BlockMap>(make_full_map());
      watcher.is_new = false;
      return send(watcher, full, now) == SendResult::kClosed;
    }
    for (const BlockView& block : changes.blocks)
      watcher.missed.insert_or_assign({block.tier, block.id}, block);
    if (!is_due || watcher.missed.empty()) return false;
    return send(watcher, missed_map(watcher, changes), now) == SendResult::kClosed;
  });
  if (full == nullptr) return;
  const auto num_blocks = static_cast<std::int64_t>(full->blocks.size());
  next_full_map_ = now + kFullMapPause + num_blocks * kFullMapPausePerBlock;
}

BlockFeed::SharedMap BlockFeed::missed_map(Watcher& watcher, const BlockMap& changes) {
  auto map = std::make_shared<BlockMap>();
  map->step = changes.step;
  map->block_size = changes.block_size;
  map->num_device_blocks = changes.num_device_blocks;
  map->num_host_blocks = changes.num_host_blocks;
  for (auto& [key, block] : watcher.missed) map->blocks.push_back(std::move(block));
  watcher.missed.clear();
  return map;
}

BlockFeed::Watcher* BlockFeed::find(const BlockSubscriber& subscriber) {
  const auto found = std::find_if(
      subscribers_.begin(), subscribers_.end(),
      [&subscriber](const Watcher& each) { return each.request.subscriber == subscriber; });
  return found == subscribers_.end() ? nullptr : &*found;
}

SendResult BlockFeed::send(Watcher& watcher, SharedMap map, TimePoint now) {
  watcher.is_ready = false;
  watcher.next = now + watcher.request.interval;
  const BlockSubscriber& subscriber = watcher.request.subscriber;
  return subscriber.address.send(BlockMapChanged{subscriber.number, std::move(map)});
}

}  // namespace octavo
