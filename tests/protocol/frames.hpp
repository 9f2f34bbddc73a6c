// Short ways to say what a test parses and what must come of it.
#pragma once

#include <string>
#include <string_view>

#include "protocol/client_event.hpp"
#include "tests/support/catch.hpp"

namespace octavo::testing {

/// {"type":"response.create","input":"x",MEMBERS}
inline std::string create_frame(const std::string& members) {
  return R"({"type":"response.create","input":"x")" + (members.empty() ? "" : "," + members) + "}";
}

inline ResponseCreate accepted(const std::string& frame) {
  auto event = parse_client_event(frame);
  INFO(frame.substr(0, 200));
  if (!event) FAIL(event.error().error.message());
  return std::get<ResponseCreate>(*event);
}

inline RefusedEvent refused(std::string_view frame) {
  auto event = parse_client_event(frame);
  INFO(frame.substr(0, 200));
  REQUIRE(!event);
  return event.error();
}

}  // namespace octavo::testing
