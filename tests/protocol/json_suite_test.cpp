// JSON parsers differ; these documents show where. See data/json-test-suite/README.md.
#include <boost/json/parse.hpp>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "tests/protocol/frames.hpp"

using namespace octavo;

namespace {

boost::json::object suite() {
  const char* folder = std::getenv("OCTAVO_TESTS_DIR");
  REQUIRE(folder != nullptr);
  std::ifstream file(std::string(folder) + "/protocol/data/json-test-suite/test_parsing.json");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  return boost::json::parse(text).as_object();
}

std::string bytes_of(const boost::json::value& hex) {
  const auto& digits = hex.as_string();
  std::string bytes;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2)
    bytes += static_cast<char>(std::stoi(std::string(digits.subview(i, 2)), nullptr, 16));
  return bytes;
}

}  // namespace

TEST_CASE("valid JSON is read, as a frame and as a member") {
  std::size_t num_seen = 0;
  for (const auto& [name, hex] : suite()) {
    if (name.front() != 'y') continue;
    INFO(name);
    const std::string document = bytes_of(hex);
    ++num_seen;
    // The one thing that is valid and refused: others on the way might go by the other value.
    if (name.find("duplicated_key") != std::string::npos) {
      CHECK(octavo::testing::refused(document).error.code == Errc::kInvalidJson);
      continue;
    }
    CHECK(octavo::testing::refused(document).error.code == Errc::kInvalidEvent);
    CHECK(octavo::testing::accepted(octavo::testing::create_frame("\"unheard\":" + document))
              .text_input == "x");
  }
  CHECK(num_seen == 57);
}

TEST_CASE("invalid JSON is refused, whatever is wrong with it") {
  std::size_t num_seen = 0;
  for (const auto& [name, hex] : suite()) {
    if (name.front() != 'n') continue;
    INFO(name);
    CHECK(octavo::testing::refused(bytes_of(hex)).error.code == Errc::kInvalidJson);
    ++num_seen;
  }
  CHECK(num_seen == 113);
}

TEST_CASE("JSON that parsers disagree about gets an answer, not a crash") {
  for (const auto& [name, hex] : suite()) {
    if (name.front() != 'i') continue;
    INFO(name);
    const std::string document = bytes_of(hex);
    CHECK_FALSE(parse_client_event(document).has_value());
    const auto member =
        parse_client_event(octavo::testing::create_frame("\"temperature\":" + document));
    CHECK((!member || std::get<ResponseCreate>(*member).temperature.has_value()));
  }
}
