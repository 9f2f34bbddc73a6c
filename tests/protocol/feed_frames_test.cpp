#include "protocol/feed_frames.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "tests/support/catch.hpp"

using namespace octavo;
namespace json = boost::json;

namespace {

BlockView block(std::int32_t id, BlockState state, std::vector<RequestId> requests = {},
                std::uint64_t last_used = 1, Tier tier = Tier::kDevice) {
  BlockView view;
  view.tier = tier;
  view.id = BlockId{id};
  view.state = state;
  view.num_holders = state == BlockState::kOwned ? static_cast<std::int32_t>(requests.size()) : 0;
  view.requests = std::move(requests);
  view.last_used = StepId{last_used};
  return view;
}

std::string name_of(RequestId request) { return "resp_" + std::to_string(request.value); }

std::vector<json::object> frames_of(BlockMap map) {
  BlockFrames frames(std::make_shared<const BlockMap>(std::move(map)), name_of);
  std::vector<json::object> out;
  while (!frames.is_done()) {
    const std::string text = frames.next(static_cast<std::int64_t>(out.size()));
    CHECK(text.size() < BlockFrames::kMaxFrameBytes + 1000);
    out.push_back(json::parse(text).as_object());
  }
  return out;
}

}  // namespace

TEST_CASE("a full map leaves free blocks out and tells equal neighbours as one") {
  BlockMap map;
  map.is_full = true;
  map.step = StepId{9};
  map.block_size = 16;
  map.num_device_blocks = 8;
  map.num_host_blocks = 2;
  const RequestId one{1};
  const RequestId two{2};
  map.blocks = {block(0, BlockState::kOwned, {one, two}, 3),
                block(1, BlockState::kOwned, {one}, 3),
                block(2, BlockState::kOwned, {one}, 3),
                block(3, BlockState::kOwned, {one}, 4),
                block(4, BlockState::kFree),
                block(5, BlockState::kCached, {two}),
                block(0, BlockState::kCached, {two}, 1, Tier::kHost)};
  const auto frames = frames_of(map);
  REQUIRE(frames.size() == 1);
  CHECK(json::serialize(frames[0]) ==
        R"({"type":"octavo:blocks","sequence_number":0,"full":true,"step":9,"block_size":16,)"
        R"("tiers":{"device":{"num_blocks":8},"host":{"num_blocks":2}},)"
        R"("responses":["resp_1","resp_2"],"blocks":[[0,0,1,2,2,[0,1],3],[0,1,2,2,1,[0],3],)"
        R"([0,3,1,2,1,[0],4],[0,5,1,1,0,[1],1],[1,0,1,1,0,[1],1]]})");
}

TEST_CASE("changes say which blocks are free now") {
  BlockMap map;
  map.blocks = {block(3, BlockState::kFree, {}, 5), block(4, BlockState::kFree, {}, 6),
                block(6, BlockState::kFree, {}, 6), block(7, BlockState::kInTransfer, {}, 7)};
  const auto frames = frames_of(map);
  REQUIRE(frames.size() == 1);
  CHECK_FALSE(frames[0].contains("full"));
  CHECK_FALSE(frames[0].contains("more"));
  CHECK(json::serialize(frames[0].at("blocks")) == "[[0,3,2,0],[0,6,1,0],[0,7,1,3,0,[],7]]");
}

TEST_CASE("an empty pool is one frame without blocks, however large it is") {
  BlockMap map;
  map.is_full = true;
  map.num_device_blocks = 500'000;
  for (std::int32_t i = 0; i < map.num_device_blocks; ++i)
    map.blocks.push_back(block(i, BlockState::kFree));
  const auto frames = frames_of(map);
  REQUIRE(frames.size() == 1);
  CHECK(frames[0].at("blocks").as_array().empty());
}

TEST_CASE("a large map comes in frames of bounded size that together hold every block once") {
  BlockMap map;
  map.is_full = true;
  map.num_device_blocks = 20'000;
  for (std::int32_t i = 0; i < map.num_device_blocks; ++i) {
    const auto request = static_cast<std::uint64_t>(i);
    map.blocks.push_back(block(i, BlockState::kOwned,
                               {RequestId{request}, RequestId{request / 2}, RequestId{7}},
                               request));
  }
  const auto frames = frames_of(map);
  REQUIRE(frames.size() > 10);
  std::int64_t next = 0;
  for (std::size_t i = 0; i < frames.size(); ++i) {
    CHECK(frames[i].at("sequence_number").to_number<std::size_t>() == i);
    CHECK(frames[i].contains("full") == (i == 0));
    CHECK(frames[i].contains("more") == (i + 1 < frames.size()));
    const auto& names = frames[i].at("responses").as_array();
    for (const auto& entry : frames[i].at("blocks").as_array()) {
      REQUIRE(entry.at(1) == next);
      REQUIRE(names.at(entry.at(5).at(0).to_number<std::size_t>()) ==
              json::value("resp_" + std::to_string(next)));
      ++next;
    }
  }
  CHECK(next == map.num_device_blocks);
}

TEST_CASE("the load is one frame, rounded to what can be seen") {
  const Load load{3, 2, 1, 1.0 / 3, 0.5, 123.456, 7};
  CHECK(json::parse(load_frame(load, 4)) ==
        json::parse(R"({"type":"octavo:metrics","sequence_number":4,"running":3,"waiting":2,)"
                    R"("preempted":1,"device_usage":0.3333,"host_usage":0.5,"tokens_per_s":123.5,)"
                    R"("num_connections":7})"));
}
