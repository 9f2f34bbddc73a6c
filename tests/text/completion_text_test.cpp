#include "src/text/completion_text.hpp"

#include <boost/json.hpp>

#include "tests/support/byte_tokenizer.hpp"
#include "tests/support/catch.hpp"
#include "tests/text/data_files.hpp"

namespace octavo {
namespace {

constexpr TokenId kEnd = 256;

/// One token for each byte; token 256 is special.
const Tokenizer& bytes() {
  static const auto tokenizer = testing::byte_tokenizer(
      {boost::json::object{{"id", kEnd}, {"content", "<end>"}, {"special", true}}});
  return *tokenizer;
}

/// The text of some bytes, and whether a stop string ended it before all of them came.
struct Ended {
  std::string text;
  std::size_t num_tokens = 0;  ///< Up to and with the one that ended it.
  bool operator==(const Ended&) const = default;
};

Ended complete(CompletionText& completion, std::string_view tokens) {
  Ended ended;
  for (const char byte : tokens) {
    ++ended.num_tokens;
    if (completion.append(static_cast<unsigned char>(byte), ended.text)) break;
  }
  return ended;
}

}  // namespace

TEST_CASE("text comes token by token where no stop can begin", "[text]") {
  CompletionText completion(bytes(), {"stop"}, 0);
  std::string out = "before ";
  CHECK_FALSE(completion.append('o', out));
  CHECK(out == "before o");
  CHECK_FALSE(completion.append('s', out));
  CHECK(out == "before o");
  CHECK_FALSE(completion.append('o', out));
  CHECK(out == "before oso");
}

TEST_CASE("a stop string ends a completion with the token that makes it whole", "[text]") {
  CompletionText completion(bytes(), {"ab", "xyz"}, 0);
  CHECK(complete(completion, "1xy2xyz3") == Ended{"1xy2", 7});
  std::string rest;
  CHECK(completion.finish(rest));
  CHECK(rest.empty());
}

TEST_CASE("a special token has no text but counts as a token", "[text]") {
  CompletionText completion(bytes(), {"a"}, 1);
  std::string out;
  CHECK_FALSE(completion.append(kEnd, out));
  CHECK(out.empty());
  CHECK(completion.append('a', out));
  CHECK(out.empty());
}

TEST_CASE("stop strings count from the token after the least number on", "[text]") {
  struct Case {
    std::int32_t min_tokens;
    Ended ended;
  };
  const auto [min_tokens, ended] =
      GENERATE(Case{0, {"", 2}}, Case{1, {"ab", 4}}, Case{2, {"ab", 4}}, Case{3, {"abab", 6}},
               Case{6, {"ababab", 8}}, Case{7, {"abababab", 8}}, Case{100, {"abababab", 8}});
  CAPTURE(min_tokens);
  CompletionText completion(bytes(), {"ab"}, min_tokens);
  CHECK(complete(completion, "abababab") == ended);
}

TEST_CASE("a stop string that began too early is text", "[text]") {
  CompletionText completion(bytes(), {"abc"}, 1);
  CHECK(complete(completion, "abcabc") == Ended{"abc", 6});
}

TEST_CASE("what is held back is text when the tokens end", "[text]") {
  CompletionText completion(bytes(), {"abc"}, 0);
  Ended ended = complete(completion, "xab");
  CHECK(ended == Ended{"x", 3});
  CHECK_FALSE(completion.finish(ended.text));
  CHECK(ended.text == "xab");
}

TEST_CASE("a character is text only when it is whole, and a replacement when it never is",
          "[text]") {
  CompletionText completion(bytes(), {}, 0);
  Ended ended = complete(completion, "\xE4\xBD");
  CHECK(ended.text.empty());
  CHECK_FALSE(completion.append(0xA0, ended.text));
  CHECK(ended.text == "\u4F60");
  CHECK_FALSE(completion.append(0xE4, ended.text));
  CHECK(ended.text == "\u4F60");
  CHECK_FALSE(completion.finish(ended.text));
  CHECK(ended.text == "\u4F60\uFFFD");
}

TEST_CASE("a stop string may stand in what the end makes of a cut character", "[text]") {
  CompletionText completion(bytes(), {"a\uFFFD"}, 0);
  Ended ended = complete(completion, "ba\xE4");
  CHECK(ended == Ended{"b", 3});
  CHECK(completion.finish(ended.text));
  CHECK(ended.text == "b");
}

TEST_CASE("a completion without tokens ends without text", "[text]") {
  CompletionText completion(bytes(), {"a"}, 0);
  std::string out;
  CHECK_FALSE(completion.finish(out));
  CHECK(out.empty());
}

TEST_CASE("a completion continues its prompt and so keeps its first blank", "[text]") {
  const auto llama2 = testing::shipped_tokenizer("llama-2");
  CompletionText completion(*llama2, {}, 0);
  std::string out;
  CHECK_FALSE(completion.append(*llama2->token_to_id("\u2581Hello"), out));
  CHECK(out == " Hello");
}

}  // namespace octavo
