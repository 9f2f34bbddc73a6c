#include "actors/ring/block_feed.hpp"

#include <boost/asio/io_context.hpp>

#include "tests/support/catch.hpp"

using namespace octavo;
using std::chrono::milliseconds;

namespace {

constexpr milliseconds kInterval{100};

BlockMap changes(std::vector<std::pair<std::int32_t, BlockState>> blocks, std::uint64_t step = 1) {
  BlockMap map;
  map.step = StepId{step};
  for (const auto& [id, state] : blocks) {
    BlockView view;
    view.id = BlockId{id};
    view.state = state;
    map.blocks.push_back(view);
  }
  return map;
}

/// A mailbox that is subscribed, and what has come into it.
struct Watcher {
  explicit Watcher(asio::io_context& io, std::uint64_t number = 1) : mailbox(io.get_executor()) {
    subscriber = {mailbox.address(), number};
  }
  std::shared_ptr<const BlockMap> received() {
    auto message = mailbox.try_receive();
    if (!message) return nullptr;
    auto changed = std::get<BlockMapChanged>(*message);
    CHECK(changed.subscription == subscriber.number);
    return changed.map;
  }
  Mailbox<SessionMessage> mailbox;
  BlockSubscriber subscriber;
};

struct Fixture {
  asio::io_context io;
  BlockFeed feed;
  Watcher watcher{io};
  TimePoint start{};

  void subscribe(Watcher& who, TimePoint now) {
    feed.subscribe(SubscribeBlocks{who.subscriber, kInterval}, now);
  }
  void publish(const BlockMap& map, TimePoint now) {
    feed.publish(
        map,
        [this] {
          ++num_full_maps;
          BlockMap full;
          full.is_full = true;
          return full;
        },
        now);
  }
  /// Subscribed, and the full map taken.
  void begin() {
    subscribe(watcher, start);
    CHECK(feed.next_due(false) == start);
    publish({}, start);
    REQUIRE(watcher.received()->is_full);
    feed.taken(watcher.subscriber);
  }
  int num_full_maps = 0;
};

}  // namespace

TEST_CASE("a subscriber is shown all at once, then nothing before its interval is over") {
  Fixture fixture;
  auto& [io, feed, watcher, start, num_full_maps] = fixture;
  fixture.begin();
  CHECK_FALSE(feed.next_due(false).has_value());
  CHECK(feed.next_due(true) == start + kInterval);
  fixture.publish(changes({{1, BlockState::kOwned}}), start + milliseconds(99));
  CHECK(watcher.received() == nullptr);
  CHECK(feed.next_due(false) == start + kInterval);  // The trailing one is not forgotten.
  fixture.publish(changes({}), start + kInterval);
  const auto map = watcher.received();
  REQUIRE(map != nullptr);
  CHECK_FALSE(map->is_full);
  CHECK(map->blocks.size() == 1);
  CHECK_FALSE(feed.next_due(false).has_value());
}

TEST_CASE("nothing is sent when nothing has changed") {
  Fixture fixture;
  fixture.begin();
  fixture.publish(changes({}), fixture.start + 10 * kInterval);
  CHECK(fixture.watcher.received() == nullptr);
}

TEST_CASE("a subscriber that has not taken its map misses nothing and is sent one merged map") {
  Fixture fixture;
  auto& [io, feed, watcher, start, num_full_maps] = fixture;
  fixture.begin();
  fixture.publish(changes({{1, BlockState::kOwned}}), start + kInterval);
  REQUIRE(watcher.received() != nullptr);
  for (int i = 2; i < 50; ++i) {
    const auto state = i % 2 == 0 ? BlockState::kCached : BlockState::kOwned;
    fixture.publish(changes({{3, state}, {2, BlockState::kFree}}, static_cast<std::uint64_t>(i)),
                    start + i * kInterval);
  }
  CHECK(watcher.received() == nullptr);
  CHECK_FALSE(feed.next_due(true).has_value());  // Nothing to wake up for until it is ready.
  feed.taken(watcher.subscriber);
  CHECK(feed.next_due(false).has_value());
  fixture.publish(changes({}, 50), start + 50 * kInterval);
  const auto map = watcher.received();
  REQUIRE(map != nullptr);
  REQUIRE(map->blocks.size() == 2);
  CHECK(map->step == StepId{50});
  CHECK(map->blocks[0].id == BlockId{2});
  CHECK(map->blocks[1].state == BlockState::kOwned);  // The latest.
  CHECK(watcher.received() == nullptr);
}

TEST_CASE("subscribers have intervals of their own and each hears every change") {
  Fixture fixture;
  auto& [io, feed, watcher, start, num_full_maps] = fixture;
  fixture.begin();
  Watcher late(io);
  fixture.subscribe(late, start + milliseconds(150));
  fixture.publish({}, start + milliseconds(150));
  REQUIRE(late.received()->is_full);
  feed.taken(late.subscriber);
  fixture.publish(changes({{1, BlockState::kOwned}}), start + milliseconds(160));
  CHECK(watcher.received() != nullptr);
  CHECK(late.received() == nullptr);
  CHECK(feed.next_due(false) == start + milliseconds(250));
  fixture.publish(changes({{2, BlockState::kOwned}}), start + milliseconds(250));
  REQUIRE(late.received()->blocks.size() == 2);
  CHECK(watcher.received() == nullptr);
}

TEST_CASE("one who subscribes anew is shown all again, and its old subscription is over") {
  Fixture fixture;
  auto& [io, feed, watcher, start, num_full_maps] = fixture;
  fixture.begin();
  const BlockSubscriber old = std::exchange(watcher.subscriber, {watcher.mailbox.address(), 2});
  fixture.subscribe(watcher, start + kInterval);
  fixture.publish({}, start + kInterval);
  REQUIRE(watcher.received()->is_full);
  feed.taken(old);  // It belongs to the map before, and comes too late to count.
  fixture.publish(changes({{1, BlockState::kOwned}}), start + 2 * kInterval);
  CHECK(watcher.received() == nullptr);
  feed.unsubscribe(old);
  CHECK_FALSE(feed.is_empty());
  feed.unsubscribe(watcher.subscriber);
  CHECK(feed.is_empty());
}

TEST_CASE("a subscriber that is gone is forgotten") {
  Fixture fixture;
  auto& [io, feed, watcher, start, num_full_maps] = fixture;
  fixture.begin();
  watcher.mailbox.close();
  fixture.publish(changes({{1, BlockState::kOwned}}), start + kInterval);
  CHECK(feed.is_empty());
  fixture.subscribe(watcher, start + 2 * kInterval);
  fixture.publish({}, start + 2 * kInterval);
  CHECK(feed.is_empty());
}

TEST_CASE("however often one subscribes, full maps have a pause between them and are shared") {
  Fixture fixture;
  auto& [io, feed, watcher, start, num_full_maps] = fixture;
  fixture.begin();
  Watcher other(io);
  for (int i = 0; i < 99; ++i) {
    const TimePoint now = start + milliseconds(i);
    ++watcher.subscriber.number;
    fixture.subscribe(watcher, now);
    fixture.subscribe(other, now);
    CHECK(feed.next_due(false) == start + BlockFeed::kFullMapPause);
    fixture.publish(changes({{1, BlockState::kOwned}}), now);
  }
  CHECK(num_full_maps == 1);
  fixture.publish({}, start + BlockFeed::kFullMapPause);
  CHECK(num_full_maps == 2);
  const auto map = watcher.received();
  REQUIRE(map != nullptr);
  CHECK(map->is_full);
  CHECK(map == other.received());
}
