#include "actors/session/block_subscription.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/json/parse.hpp>

#include "tests/support/catch.hpp"

using namespace octavo;
using std::chrono::milliseconds;
namespace json = boost::json;

namespace {

/// A session's subscription, with the mailbox of a block manager that the test plays.
struct Fixture {
  asio::io_context io{1};
  Mailbox<BlockManagerMessage> block_manager{io.get_executor()};
  Mailbox<SessionMessage> session{io.get_executor()};
  Outbox outbox{io.get_executor(), 1000, 1'000'000};
  BlockSubscription blocks{block_manager.address(), session.address(), outbox,
                           [](RequestId id) { return "resp_" + std::to_string(id.value); }};

  template <class Message>
  Message heard() {
    auto message = block_manager.try_receive();
    REQUIRE(message.has_value());
    REQUIRE(std::holds_alternative<Message>(*message));
    return std::get<Message>(*message);
  }
  bool heard_nothing() { return !block_manager.try_receive(); }
  json::object told() {
    const auto frame = outbox.pop();
    REQUIRE(frame);
    return json::parse(*frame).as_object();
  }
};

/// A full map of owned blocks, no two of which are told as one.
std::shared_ptr<const BlockMap> map_of(std::int32_t num_blocks) {
  auto map = std::make_shared<BlockMap>();
  map->is_full = true;
  map->num_device_blocks = num_blocks;
  for (std::int32_t i = 0; i < num_blocks; ++i) {
    BlockView view;
    view.id = BlockId{i};
    view.state = BlockState::kOwned;
    view.requests = {RequestId{static_cast<std::uint64_t>(i)}};
    map->blocks.push_back(view);
  }
  return map;
}

}  // namespace

TEST_CASE("who begins asks the block manager, and who ends tells it") {
  Fixture fixture;
  fixture.blocks.begin(milliseconds(250));
  const auto subscribed = fixture.heard<SubscribeBlocks>();
  CHECK(subscribed.interval == milliseconds(250));
  CHECK((subscribed.subscriber.address == fixture.session.address()));
  fixture.blocks.end();
  CHECK((fixture.heard<UnsubscribeBlocks>().subscriber == subscribed.subscriber));
  fixture.blocks.end();
  CHECK(fixture.heard_nothing());
}

TEST_CASE("a map becomes frames at once, and the next may come when all are queued") {
  Fixture fixture;
  fixture.blocks.begin(milliseconds(250));
  const auto subscriber = fixture.heard<SubscribeBlocks>().subscriber;
  fixture.blocks.take({subscriber.number, map_of(2)});
  CHECK((fixture.heard<BlockMapTaken>().subscriber == subscriber));
  const json::object frame = fixture.told();
  CHECK(frame.at("sequence_number") == 0);
  CHECK(frame.at("full") == true);
  CHECK(frame.at("responses") == json::array{"resp_0", "resp_1"});
  fixture.blocks.take({subscriber.number, map_of(1)});
  CHECK(fixture.told().at("sequence_number") == 1);
  fixture.heard<BlockMapTaken>();
  fixture.blocks.write();
  CHECK(fixture.heard_nothing());
  CHECK(fixture.outbox.is_empty());
}

TEST_CASE("a large map waits for room, and the manager hears only when its last frame is queued") {
  Fixture fixture;
  fixture.blocks.begin(milliseconds(250));
  const auto subscriber = fixture.heard<SubscribeBlocks>().subscriber;
  fixture.outbox.push(std::string(1001, 'x'));
  fixture.blocks.take({subscriber.number, map_of(2000)});
  fixture.outbox.pop();
  CHECK(fixture.outbox.is_empty());
  std::int64_t num_frames = 0;
  bool has_more = true;
  while (has_more) {
    REQUIRE(fixture.heard_nothing());
    fixture.blocks.write();
    const json::object frame = fixture.told();
    CHECK(fixture.outbox.is_empty());  // One frame fills the outbox above its mark.
    CHECK(frame.at("sequence_number") == num_frames++);
    CHECK(frame.contains("full") == (num_frames == 1));
    has_more = frame.contains("more");
  }
  CHECK(num_frames > 1);
  fixture.heard<BlockMapTaken>();
}

TEST_CASE("who begins anew has another number, is numbered from 0 and is sent nothing old") {
  Fixture fixture;
  fixture.blocks.begin(milliseconds(250));
  const auto first = fixture.heard<SubscribeBlocks>().subscriber;
  fixture.blocks.take({first.number, map_of(1)});
  fixture.told();
  fixture.heard<BlockMapTaken>();
  fixture.blocks.begin(milliseconds(500));
  CHECK((fixture.heard<UnsubscribeBlocks>().subscriber == first));
  const auto second = fixture.heard<SubscribeBlocks>();
  CHECK(second.interval == milliseconds(500));
  CHECK_FALSE((second.subscriber == first));
  fixture.blocks.take({first.number, map_of(1)});
  CHECK(fixture.outbox.is_empty());
  CHECK(fixture.heard_nothing());
  fixture.blocks.take({second.subscriber.number, map_of(1)});
  CHECK(fixture.told().at("sequence_number") == 0);
}

TEST_CASE("the rest of a map is dropped at the end") {
  Fixture fixture;
  fixture.blocks.begin(milliseconds(250));
  const auto subscriber = fixture.heard<SubscribeBlocks>().subscriber;
  fixture.blocks.take({subscriber.number, map_of(2000)});
  fixture.told();
  fixture.blocks.end();
  fixture.heard<UnsubscribeBlocks>();
  fixture.blocks.write();
  fixture.blocks.take({subscriber.number, map_of(1)});
  CHECK(fixture.outbox.is_empty());
  CHECK(fixture.heard_nothing());
}
