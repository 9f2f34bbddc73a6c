#include "src/response/bad_words.hpp"

#include "tests/support/byte_tokenizer.hpp"
#include "tests/support/catch.hpp"

using namespace octavo;

namespace {

bool allows(TokenMatcher& matcher, char c) {
  std::vector<std::uint32_t> words(8);
  matcher.fill(words);
  const auto token = static_cast<unsigned char>(c);
  return (words[token / 32] >> (token % 32) & 1U) != 0;
}

// Holds an answer to one letter, over and over.
class OneLetter final : public TokenConstraint {
  class Matcher final : public TokenMatcher {
   public:
    bool accept(TokenId token) override { return token == 'a'; }
    void fill(std::span<std::uint32_t> allowed) override {
      std::ranges::fill(allowed, 0U);
      allowed['a' / 32] |= 1U << ('a' % 32);
    }
    std::unique_ptr<TokenMatcher> fork() const override { return std::make_unique<Matcher>(); }
  };

 public:
  std::unique_ptr<TokenMatcher> begin() const override { return std::make_unique<Matcher>(); }
};

}  // namespace

TEST_CASE("the token that would complete a word is taken out, and only then") {
  const auto tokenizer = testing::byte_tokenizer();
  const auto constraint = without_words(*tokenizer, {"cat", "x"}, nullptr).value();
  const auto matcher = constraint->begin();
  CHECK(allows(*matcher, 'c'));
  CHECK(!allows(*matcher, 'x'));  // A word of one token is never there.
  CHECK(matcher->accept('c'));
  CHECK(allows(*matcher, 't'));
  CHECK(matcher->accept('a'));
  CHECK(!allows(*matcher, 't'));
  CHECK(allows(*matcher, 'r'));
  const auto other = matcher->fork();
  CHECK(matcher->accept('r'));
  CHECK(allows(*matcher, 't'));
  CHECK(!allows(*other, 't'));
}

TEST_CASE("what else holds an answer still does") {
  const auto tokenizer = testing::byte_tokenizer();
  const auto constraint = without_words(*tokenizer, {"aaa"}, std::make_shared<OneLetter>()).value();
  const auto matcher = constraint->begin();
  CHECK(allows(*matcher, 'a'));
  CHECK(!allows(*matcher, 'b'));
  CHECK(matcher->accept('a'));
  CHECK(matcher->accept('a'));
  CHECK(!allows(*matcher, 'a'));
  CHECK(!matcher->accept('b'));
}

TEST_CASE("an empty word is refused") {
  const auto tokenizer = testing::byte_tokenizer();
  const auto constraint = without_words(*tokenizer, {""}, nullptr);
  REQUIRE(constraint.has_error());
  CHECK(constraint.error().param == "bad_words");
}
