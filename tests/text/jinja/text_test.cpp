#include "src/text/jinja/text.hpp"

#include "tests/support/catch.hpp"

using namespace octavo;
using namespace octavo::jinja;

namespace {

/// "said" by a user within what a template wrote.
Text mixed() {
  Text text("<u>");
  text.append("said", false);
  text.append("</u>", true);
  return text;
}

std::string untrusted(const Text& text) {
  std::string bytes;
  for (const TextSpan& span : text.spans()) bytes += span.trusted ? "" : span.text;
  return bytes;
}

}  // namespace

TEST_CASE("a text knows of each byte who wrote it", "[text]") {
  const Text text = mixed();
  CHECK(text.bytes() == "<u>said</u>");
  CHECK(text.spans() == std::vector<TextSpan>{{"<u>", true}, {"said", false}, {"</u>", true}});
  CHECK_FALSE(text.is_trusted());
  CHECK(Text("a").is_trusted());
  CHECK(Text().is_trusted());
}

TEST_CASE("neighbours of one kind are one span", "[text]") {
  Text text("a");
  text.append("b", true);
  text.append("c", false);
  text.append("", true);
  text.append("d", false);
  CHECK(text.spans() == std::vector<TextSpan>{{"ab", true}, {"cd", false}});
}

TEST_CASE("a part keeps what its bytes were", "[text]") {
  CHECK(mixed().part(2, 5).spans() == std::vector<TextSpan>{{">", true}, {"sa", false}});
  CHECK(mixed().part(3, 7).spans() == std::vector<TextSpan>{{"said", false}});
  CHECK(mixed().part(4, 4).empty());
}

TEST_CASE("no operation on a text makes a user's bytes trusted", "[text]") {
  CHECK(untrusted(to_upper(mixed())) == "SAID");
  CHECK(untrusted(to_lower(to_upper(mixed()))) == "said");
  CHECK(untrusted(strip_any_of(mixed(), "<>u/", true, true)) == "said");
  CHECK(untrusted(replace(mixed(), Text("<u>"), Text("["), -1)) == "said");
  std::string pieces;
  for (const Text& piece : split(mixed(), "<", -1, false)) pieces += untrusted(piece);
  CHECK(pieces == "said");
}

TEST_CASE("what replaces a user's words is as trusted as its own bytes", "[text]") {
  const Text replaced = replace(mixed(), Text("ai"), Text("--"), -1);
  CHECK(replaced.bytes() == "<u>s--d</u>");
  CHECK(untrusted(replaced).find('s') != std::string::npos);
  CHECK(untrusted(replaced).find('d') != std::string::npos);
}

TEST_CASE("characters are counted, not bytes", "[text]") {
  CHECK(Text("a\u00e9\U0001F600").character_offsets() == std::vector<std::size_t>{0, 1, 3, 7});
  CHECK(Text().character_offsets() == std::vector<std::size_t>{0});
}

TEST_CASE("split cuts as often as it may", "[text]") {
  CHECK(split(Text("a,b,c"), ",", -1, false).size() == 3);
  CHECK(split(Text("a,b,c"), ",", 1, false)[1].bytes() == "b,c");
  CHECK(split(Text("a,b,c"), ",", 1, true)[0].bytes() == "a,b");
  CHECK(split(Text("a,b"), ",", 0, false).size() == 1);
  CHECK(split_words(Text("  a \n b "), -1, false).size() == 2);
  CHECK(split_words(Text("   "), -1, false).empty());
}
