#include "src/response/response_memory.hpp"

#include "tests/support/catch.hpp"

using namespace octavo;

namespace {

RememberedResponse response(const std::string& id, const std::string& lane, bool store,
                            std::size_t text_bytes = 0) {
  RememberedResponse made;
  made.id = id;
  made.stream_id = lane;
  made.store = store;
  made.output_text = std::string(text_bytes, 'x');
  return made;
}

}  // namespace

TEST_CASE("with store:false each lane remembers its latest alone") {
  ResponseMemory memory;
  memory.remember(response("a1", "a", false));
  memory.remember(response("b1", "b", false));
  memory.remember(response("a2", "a", false));
  CHECK(memory.find("a1") == nullptr);
  CHECK(memory.find("a2") != nullptr);
  CHECK(memory.find("b1") != nullptr);
}

TEST_CASE("stored responses stay when their lane goes on") {
  ResponseMemory memory;
  memory.remember(response("a1", "a", true));
  memory.remember(response("a2", "a", false));
  memory.remember(response("a3", "a", true));
  CHECK(memory.find("a1") != nullptr);
  CHECK(memory.find("a2") == nullptr);
  CHECK(memory.find("a3") != nullptr);
}

TEST_CASE("the oldest go when there are too many") {
  ResponseMemory memory(2);
  for (const char* id : {"1", "2", "3"}) memory.remember(response(id, "", true));
  CHECK(memory.size() == 2);
  CHECK(memory.find("1") == nullptr);
  CHECK(memory.find("3") != nullptr);
}

TEST_CASE("the oldest go when they are too large, the newest stays whatever its size") {
  ResponseMemory memory(100, 1000);
  memory.remember(response("1", "", true, 600));
  memory.remember(response("2", "", true, 600));
  CHECK(memory.find("1") == nullptr);
  CHECK(memory.find("2") != nullptr);
  memory.remember(response("3", "", true, 5000));
  CHECK(memory.size() == 1);
  CHECK(memory.find("3") != nullptr);
  memory.remember(response("4", "", true, 900));
  CHECK(memory.find("3") == nullptr);
  CHECK(memory.find("4") != nullptr);
}

TEST_CASE("what was forgotten takes no room any more") {
  ResponseMemory memory(100, 1000);
  memory.remember(response("1", "", true, 600));
  memory.forget("1");
  memory.remember(response("2", "", true, 400));
  memory.remember(response("3", "", true, 400));
  CHECK(memory.find("2") != nullptr);
  CHECK(memory.find("3") != nullptr);
}

TEST_CASE("a continuation under way outlives the eviction of its parent") {
  ResponseMemory memory;
  memory.remember(response("1", "", true, 3));
  const auto held = memory.find("1");
  memory.forget("1");
  memory.forget("unknown");
  CHECK(memory.find("1") == nullptr);
  CHECK(memory.size() == 0);
  CHECK(held->output_text == "xxx");
}

TEST_CASE("the newest is found along the successors that steering made") {
  ResponseMemory memory;
  for (const char* id : {"1", "2"}) memory.remember(response(id, "", true));
  CHECK(memory.newest_of("1") == "1");
  CHECK(memory.newest_of("unknown") == "unknown");
  memory.succeed("1", "2");
  memory.succeed("2", "3");
  CHECK(memory.newest_of("1") == "3");
  memory.disown("2", "another");
  CHECK(memory.newest_of("1") == "3");
  memory.disown("2", "3");
  CHECK(memory.newest_of("1") == "2");
}

TEST_CASE("events about a response that has ended are numbered on") {
  ResponseMemory memory;
  auto ended = response("1", "", true);
  ended.num_events = 9;
  memory.remember(std::move(ended));
  CHECK(memory.take_event_number("1") == 9);
  CHECK(memory.take_event_number("1") == 10);
  CHECK(memory.take_event_number("unknown") == 0);
}
