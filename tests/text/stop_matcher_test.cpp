#include "src/text/stop_matcher.hpp"

#include <random>

#include "tests/support/catch.hpp"

namespace octavo {
namespace {

/// The text before the first stop, found by looking at every end of the text in turn.
std::string cut_slowly(const std::string& text, const std::vector<std::string>& stops) {
  for (std::size_t end = 1; end <= text.size(); ++end) {
    const std::string head = text.substr(0, end);
    std::size_t longest = 0;
    for (const std::string& stop : stops) {
      if (!stop.empty() && head.ends_with(stop)) longest = std::max(longest, stop.size());
    }
    if (longest > 0) return head.substr(0, end - longest);
  }
  return text;
}

std::string random_word(std::mt19937& random, std::size_t max_size) {
  std::string word;
  for (auto num = random() % (max_size + 1); num > 0; --num) word += "ab"[random() % 2];
  return word;
}

}  // namespace

TEST_CASE("a stop across deltas is cut out and ends the text", "[text]") {
  StopMatcher matcher({"</s>", "\nUser:"});
  std::string text;
  CHECK_FALSE(matcher.append("Hello\nUs", text));
  CHECK(text == "Hello");
  CHECK_FALSE(matcher.append("age", text));
  CHECK(text == "Hello\nUsage");
  CHECK(matcher.append("\nUser: more", text));
  CHECK(matcher.append("swallowed", text));
  matcher.finish(text);
  CHECK(text == "Hello\nUsage");
  REQUIRE(matcher.matched() != nullptr);
  CHECK(*matcher.matched() == "\nUser:");
}

TEST_CASE("what is held back comes at the end when no stop matched", "[text]") {
  StopMatcher matcher({"stop"});
  std::string text;
  CHECK_FALSE(matcher.append("don't sto", text));
  CHECK(text == "don't ");
  matcher.finish(text);
  CHECK(text == "don't sto");
  CHECK_FALSE(matcher.has_matched());
}

TEST_CASE("a matcher without stops lets everything through at once", "[text]") {
  StopMatcher matcher({""});
  std::string text;
  CHECK_FALSE(matcher.append("all of it", text));
  CHECK(text == "all of it");
}

TEST_CASE("a stop whose beginning repeats within it is found after a false start", "[text]") {
  StopMatcher matcher({"aabaaaa"});
  std::string text;
  CHECK(matcher.append("aabaaabaaaa", text));
  CHECK(text == "aaba");
}

TEST_CASE("however the text is cut, the same text comes out", "[text]") {
  std::mt19937 random(3);
  for (int round = 0; round < 3000; ++round) {
    std::vector<std::string> stops;
    for (auto num = random() % 4; num > 0; --num) stops.push_back(random_word(random, 6));
    const std::string text = random_word(random, 30);
    StopMatcher matcher(stops);
    std::string out;
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t size = 1 + random() % 4;
      matcher.append(text.substr(at, size), out);
      at += size;
      // Nothing that was let through is ever taken back.
      REQUIRE(cut_slowly(text, stops).starts_with(out));
    }
    matcher.finish(out);
    REQUIRE(out == cut_slowly(text, stops));
  }
}

}  // namespace octavo
