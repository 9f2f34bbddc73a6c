#include "src/core/error.hpp"

#include <algorithm>
#include <set>
#include <sstream>
#include <string>

#include "src/core/result.hpp"
#include "tests/support/catch.hpp"

using namespace octavo;

TEST_CASE("an error without a detail speaks with its code's sentence") {
  CHECK(Error{Errc::kQueueFull, "", ""}.message() == describe(Errc::kQueueFull));
  CHECK(Error{Errc::kQueueFull, "64 wait", ""}.message() == "64 wait");
}

TEST_CASE("every code has its wire name at its own place") {
  CHECK(wire_code(Errc::kInvalidJson) == "invalid_json");
  CHECK(wire_code(Errc::kPreviousResponseNotFound) == "previous_response_not_found");
  CHECK(wire_code(Errc::kOutOfMemory) == "out_of_memory");
}

TEST_CASE("the value of a failed result throws the error's message") {
  Result<int> failed = Error{Errc::kIo, "disk on fire", ""};
  CHECK_THROWS_WITH(failed.value(), "disk on fire");
}

TEST_CASE("every error code has a wire name of its own in snake case, and a sentence of its own") {
  std::set<std::string_view> names;
  std::set<std::string_view> sentences;
  constexpr int kLast = static_cast<int>(Errc::kRateLimited);
  for (int code = 0; code <= kLast; ++code) {
    const std::string_view name = wire_code(static_cast<Errc>(code));
    CAPTURE(code, name);
    CHECK_FALSE(name.empty());
    CHECK(std::all_of(name.begin(), name.end(),
                      [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; }));
    names.insert(name);
    sentences.insert(describe(static_cast<Errc>(code)));
  }
  CHECK(names.size() == kLast + 1);
  CHECK(sentences.size() == kLast + 1);
  CHECK(sentences.count("") == 0);
}

TEST_CASE("an error is printed by its code and its message") {
  std::ostringstream out;
  out << Error{Errc::kQueueFull, "64 wait", "input"};
  CHECK(out.str() == "queue_full: 64 wait");
}
