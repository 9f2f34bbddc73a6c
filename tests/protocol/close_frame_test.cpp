#include "protocol/close_frame.hpp"

#include "tests/support/catch.hpp"

using namespace octavo;

TEST_CASE("a close frame has the code and the reason, and no mask") {
  CHECK(close_frame({CloseCode::kNormal, ""}) == std::string("\x88\x02\x03\xE8"));
  CHECK(close_frame({CloseCode::kPolicy, "too fast"}) == std::string("\x88\x0A\x03\xF0too fast"));
}

TEST_CASE("a reason is cut to what a control frame may hold") {
  const std::string frame = close_frame({CloseCode::kGoingAway, std::string(500, 'x')});
  CHECK(frame.size() <= 127);
  CHECK(static_cast<unsigned char>(frame[1]) == frame.size() - 2);
  CHECK(frame[2] == '\x03');
  CHECK(frame[3] == '\xE9');
}
