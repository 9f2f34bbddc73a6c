#include "src/text/added_tokens.hpp"

#include <vector>

#include "tests/support/catch.hpp"

namespace octavo::text {
namespace {

AddedToken token_of(TokenId id, std::string content) {
  AddedToken token;
  token.id = id;
  token.content = std::move(content);
  return token;
}

AddedTokenMatcher matcher_of(const std::vector<AddedToken>& tokens) {
  AddedTokenMatcher matcher;
  for (const AddedToken& token : tokens) matcher.add(token, token.content);
  return matcher;
}

struct Found {
  std::size_t begin;
  std::size_t end;
  TokenId id;
  bool operator==(const Found&) const = default;
};

/// What is found in a text whose first trusted_bytes are the template's.
std::vector<Found> find(const AddedTokenMatcher& matcher, std::string_view text,
                        std::size_t trusted_bytes) {
  std::vector<Found> found;
  const auto trusted_until = [&](std::size_t at) {
    return at < trusted_bytes ? trusted_bytes : at;
  };
  for (const auto& match : matcher.find_all(text, trusted_until)) {
    found.push_back({match.range.begin, match.range.end, match.id});
  }
  return found;
}

std::vector<Found> find(const AddedTokenMatcher& matcher, std::string_view text) {
  return find(matcher, text, text.size());
}

}  // namespace

TEST_CASE("a token steers when it is special or written like markup", "[text]") {
  struct Case {
    const char* content;
    bool is_control;
  };
  const auto [content, is_control] = GENERATE(
      Case{"<a>", true}, Case{"[a]", true}, Case{"<|im_end|>", true}, Case{"<>", false},
      Case{"[]", false}, Case{"<", false}, Case{"", false}, Case{"<a]", false}, Case{"[a>", false},
      Case{"a>", false}, Case{"<a", false}, Case{"   ", false}, Case{"word", false});
  CAPTURE(content);
  AddedToken token = token_of(1, content);
  CHECK(token.is_control() == is_control);
  token.is_special = true;
  CHECK(token.is_control());
}

TEST_CASE("a matcher without tokens is empty and finds nothing", "[text]") {
  AddedTokenMatcher matcher;
  CHECK(matcher.is_empty());
  CHECK(find(matcher, "text").empty());
  matcher.add(token_of(1, "ignored"), "");
  CHECK(matcher.is_empty());
  matcher.add(token_of(1, "x"), "x");
  CHECK_FALSE(matcher.is_empty());
  CHECK(find(matcher, "").empty());
}

TEST_CASE("a token is found by the content it was added with", "[text]") {
  AddedTokenMatcher matcher;
  matcher.add(token_of(1, "AB"), "ab");
  CHECK(find(matcher, "AB ab") == std::vector<Found>{{3, 5, 1}});
}

TEST_CASE("the leftmost token is found first and then the longest", "[text]") {
  const auto matcher =
      matcher_of({token_of(1, "ab"), token_of(2, "abcd"), token_of(3, "bcdefg"), token_of(4, "c")});
  CHECK(find(matcher, "abcdefg") == std::vector<Found>{{0, 4, 2}});
  CHECK(find(matcher, "abc") == std::vector<Found>{{0, 2, 1}, {2, 3, 4}});
  CHECK(find(matcher, "xbcdefgab") == std::vector<Found>{{1, 7, 3}, {7, 9, 1}});
}

TEST_CASE("tokens that follow each other are all found and none twice", "[text]") {
  const auto matcher = matcher_of({token_of(7, "aa")});
  CHECK(find(matcher, "aaaaa") == std::vector<Found>{{0, 2, 7}, {2, 4, 7}});
}

TEST_CASE("a control token is found only where all of it is trusted", "[text]") {
  const auto matcher = matcher_of({token_of(1, "<a>"), token_of(2, "<a><b>"), token_of(3, "word")});
  const std::string_view text = "<a><b>word";
  CHECK(find(matcher, text, 0) == std::vector<Found>{{6, 10, 3}});
  CHECK(find(matcher, text, 2) == std::vector<Found>{{6, 10, 3}});
  CHECK(find(matcher, text, 3) == std::vector<Found>{{0, 3, 1}, {6, 10, 3}});
  CHECK(find(matcher, text, 5) == std::vector<Found>{{0, 3, 1}, {6, 10, 3}});
  CHECK(find(matcher, text, 6) == std::vector<Found>{{0, 6, 2}, {6, 10, 3}});
}

TEST_CASE("blanks of any width are taken on the sides that a token asks for", "[text]") {
  AddedToken left = token_of(1, "<l>");
  left.lstrip = true;
  AddedToken right = token_of(2, "<r>");
  right.rstrip = true;
  const auto matcher = matcher_of({left, right, token_of(3, "<n>")});
  const std::string blanks = " \n\u00A0\u3000";  // 1, 1, 2 and 3 bytes.
  const auto around = [&](const char* token) { return "x" + blanks + token + blanks + "x"; };
  CHECK(find(matcher, around("<l>")) == std::vector<Found>{{1, 11, 1}});
  CHECK(find(matcher, around("<r>")) == std::vector<Found>{{8, 18, 2}});
  CHECK(find(matcher, around("<n>")) == std::vector<Found>{{8, 11, 3}});
  CHECK(find(matcher, blanks + "<l>") == std::vector<Found>{{0, 10, 1}});
  CHECK(find(matcher, "<r>" + blanks) == std::vector<Found>{{0, 10, 2}});
}

TEST_CASE("blanks between two tokens belong to one of them", "[text]") {
  AddedToken token = token_of(1, "<a>");
  token.lstrip = true;
  const auto one_sided = matcher_of({token});
  CHECK(find(one_sided, "<a> <a>") == std::vector<Found>{{0, 3, 1}, {3, 7, 1}});
  token.rstrip = true;
  const auto two_sided = matcher_of({token});
  CHECK(find(two_sided, " <a>  <a> ") == std::vector<Found>{{0, 6, 1}, {6, 10, 1}});
}

TEST_CASE("a token may begin with the blank that the one before took", "[text]") {
  AddedToken blank = token_of(1, " a");
  blank.rstrip = true;
  const auto matcher = matcher_of({blank});
  CHECK(find(matcher, " a  a a") == std::vector<Found>{{0, 4, 1}, {3, 6, 1}, {5, 7, 1}});
}

TEST_CASE("a token that must stand alone is found between anything but words", "[text]") {
  AddedToken token = token_of(1, "cat");
  token.single_word = true;
  const auto matcher = matcher_of({token});
  for (const char* text : {"cat", " cat ", "(cat)", "\u3000cat\u3000", "cat."}) {
    CAPTURE(text);
    CHECK(find(matcher, text).size() == 1);
  }
  for (const char* text : {"cats", "acat", "cat_", "_cat", "9cat", "cat9", "\u00E9cat", "cat\u00E9",
                           "\u4F60cat", "catcat"}) {
    CAPTURE(text);
    CHECK(find(matcher, text).empty());
  }
  CHECK(find(matcher, "cats cat") == std::vector<Found>{{5, 8, 1}});
}

TEST_CASE("a token that does not stand alone is passed over whole", "[text]") {
  AddedToken token = token_of(1, "--");
  token.single_word = true;
  CHECK(find(matcher_of({token}), "x---").empty());
  CHECK(find(matcher_of({token}), "----") == std::vector<Found>{{0, 2, 1}, {2, 4, 1}});
}

TEST_CASE("a token of characters of several bytes is found at its first byte", "[text]") {
  const auto matcher = matcher_of({token_of(1, "\u4F60"), token_of(2, "\u4F61")});
  CHECK(find(matcher, "\u4F61\u4F60\u4F62") == std::vector<Found>{{0, 3, 2}, {3, 6, 1}});
}

}  // namespace octavo::text
