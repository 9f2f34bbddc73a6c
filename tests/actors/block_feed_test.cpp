#include "actors/block_feed.hpp"

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
    BlockMap full;
    full.is_full = true;
    feed.subscribe(SubscribeBlocks{who.subscriber, kInterval}, full, now);
  }
  /// Subscribed, and the full map taken.
  void begin() {
    subscribe(watcher, start);
    REQUIRE(watcher.received()->is_full);
    feed.taken(watcher.subscriber);
  }
};

}  // namespace

TEST_CASE("a subscriber is shown all at once, then nothing before its interval is over") {
  Fixture fixture;
  auto& [io, feed, watcher, start] = fixture;
  fixture.begin();
  CHECK_FALSE(feed.next_due(false).has_value());
  CHECK(feed.next_due(true) == start + kInterval);
  feed.publish(changes({{1, BlockState::kOwned}}), start + milliseconds(99));
  CHECK(watcher.received() == nullptr);
  CHECK(feed.next_due(false) == start + kInterval);  // The trailing one is not forgotten.
  feed.publish(changes({}), start + kInterval);
  const auto map = watcher.received();
  REQUIRE(map != nullptr);
  CHECK_FALSE(map->is_full);
  CHECK(map->blocks.size() == 1);
  CHECK_FALSE(feed.next_due(false).has_value());
}

TEST_CASE("nothing is sent when nothing has changed") {
  Fixture fixture;
  fixture.begin();
  fixture.feed.publish(changes({}), fixture.start + 10 * kInterval);
  CHECK(fixture.watcher.received() == nullptr);
}

TEST_CASE("a subscriber that has not taken its map misses nothing and is sent one merged map") {
  Fixture fixture;
  auto& [io, feed, watcher, start] = fixture;
  fixture.begin();
  feed.publish(changes({{1, BlockState::kOwned}}), start + kInterval);
  REQUIRE(watcher.received() != nullptr);
  for (int i = 2; i < 50; ++i) {
    const auto state = i % 2 == 0 ? BlockState::kCached : BlockState::kOwned;
    feed.publish(changes({{3, state}, {2, BlockState::kFree}}, static_cast<std::uint64_t>(i)),
                 start + i * kInterval);
  }
  CHECK(watcher.received() == nullptr);
  CHECK_FALSE(feed.next_due(true).has_value());  // Nothing to wake up for until it is ready.
  feed.taken(watcher.subscriber);
  CHECK(feed.next_due(false).has_value());
  feed.publish(changes({}, 50), start + 50 * kInterval);
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
  auto& [io, feed, watcher, start] = fixture;
  fixture.begin();
  Watcher late(io);
  fixture.subscribe(late, start + milliseconds(50));
  REQUIRE(late.received()->is_full);
  feed.taken(late.subscriber);
  feed.publish(changes({{1, BlockState::kOwned}}), start + kInterval);
  CHECK(watcher.received() != nullptr);
  CHECK(late.received() == nullptr);
  CHECK(feed.next_due(false) == start + milliseconds(150));
  feed.publish(changes({{2, BlockState::kOwned}}), start + milliseconds(150));
  REQUIRE(late.received()->blocks.size() == 2);
  CHECK(watcher.received() == nullptr);
}

TEST_CASE("one who subscribes anew is shown all again, and its old subscription is over") {
  Fixture fixture;
  auto& [io, feed, watcher, start] = fixture;
  fixture.begin();
  const BlockSubscriber old = std::exchange(watcher.subscriber, {watcher.mailbox.address(), 2});
  fixture.subscribe(watcher, start);
  REQUIRE(watcher.received()->is_full);
  feed.taken(old);  // Of the map before: too late to count.
  feed.publish(changes({{1, BlockState::kOwned}}), start + kInterval);
  CHECK(watcher.received() == nullptr);
  feed.unsubscribe(old);
  CHECK_FALSE(feed.is_empty());
  feed.unsubscribe(watcher.subscriber);
  CHECK(feed.is_empty());
}

TEST_CASE("a subscriber that is gone is forgotten") {
  Fixture fixture;
  auto& [io, feed, watcher, start] = fixture;
  fixture.begin();
  watcher.mailbox.close();
  feed.publish(changes({{1, BlockState::kOwned}}), start + kInterval);
  CHECK(feed.is_empty());
  fixture.subscribe(watcher, start);
  CHECK(feed.is_empty());
}
