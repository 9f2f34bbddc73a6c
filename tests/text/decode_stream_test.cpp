#include "src/text/decode_stream.hpp"

#include <boost/json.hpp>

#include "tests/support/catch.hpp"

namespace octavo::text {
namespace {

using Texts = std::vector<std::string>;

PieceDecoder sequence(const std::string& decoders) {
  return PieceDecoder::parse(
      boost::json::parse(R"({"type": "Sequence", "decoders": [)" + decoders + "]}"));
}

/// What each piece gives, and what comes at the end.
Texts deltas(const std::string& decoders, const Texts& pieces, bool begins_text = true) {
  const PieceDecoder decoder = sequence(decoders);
  DecodeStream stream(decoder, begins_text);
  Texts out;
  for (const std::string& piece : pieces) stream.append(piece, out.emplace_back());
  stream.finish(out.emplace_back());
  return out;
}

std::string text_of(const std::string& decoders, const Texts& pieces, bool begins_text = true) {
  std::string text;
  for (const std::string& delta : deltas(decoders, pieces, begins_text)) text += delta;
  return text;
}

std::string replace_spec(const std::string& from, const std::string& to) {
  return R"({"type": "Replace", "pattern": {"String": ")" + from + R"("}, "content": ")" + to +
         "\"}";
}

std::string strip_spec(int start, int stop) {
  return R"({"type": "Strip", "content": "_", "start": )" + std::to_string(start) +
         R"(, "stop": )" + std::to_string(stop) + "}";
}

const std::string kFuse = R"({"type": "Fuse"})";
const std::string kBytes = R"({"type": "ByteLevel"})";
const std::string kFallback = R"({"type": "ByteFallback"})";
const std::string kMeta = R"({"type": "Metaspace", "replacement": "_"})";
const std::string kNever =
    R"({"type": "Metaspace", "replacement": "_", "prepend_scheme": "never"})";

}  // namespace

TEST_CASE("Metaspace drops every replacement of the first piece and no literal blank", "[text]") {
  CHECK(text_of(kMeta, {"__", "a"}) == "a");
  CHECK(text_of(kMeta, {"_a_b", "_c"}) == "ab c");
  CHECK(text_of(kMeta, {" ", "_a"}) == "  a");
  CHECK(text_of(kMeta, {"", "_a"}) == " a");
  CHECK(text_of(kNever, {"__", "a_"}) == "  a ");
}

TEST_CASE("a piece that continues a text is not its first", "[text]") {
  CHECK(text_of(kMeta, {"_a", "_b"}, false) == " a b");
  CHECK(text_of(kFuse + "," + strip_spec(1, 0), {"_a", "_b"}, false) == "_a_b");
  CHECK(text_of(kFuse + "," + strip_spec(1, 0), {"_a", "_b"}, true) == "a_b");
  CHECK(text_of(kBytes + "," + strip_spec(1, 0), {"_a", "_b"}, false) == "_a_b");
}

TEST_CASE("after Fuse and ByteLevel the whole text is the first piece", "[text]") {
  for (const std::string& join : {kFuse, kBytes}) {
    CAPTURE(join);
    CHECK(text_of(join + "," + kMeta, {"_a", "_b"}) == "ab");
    CHECK(text_of(join + "," + kMeta, {"_a", "_b"}, false) == "ab");
    CHECK(text_of(join + "," + strip_spec(2, 1), {"_", "__a_", "_"}) == "_a_");
  }
  CHECK(text_of(kMeta + "," + kFuse, {"_a", "_b"}) == "a b");
}

TEST_CASE("before Fuse each piece is stripped by itself", "[text]") {
  CHECK(text_of(strip_spec(1, 1) + "," + kFuse, {"__a__", "_", "", "b_"}) == "_a_b");
}

TEST_CASE("characters that may end the text are held back until more comes", "[text]") {
  CHECK(deltas(kFuse + "," + strip_spec(0, 2), {"a_", "_", "_b__", "_"}) ==
        Texts{"a", "", "___b", "_", ""});
  CHECK(deltas(kFuse + "," + strip_spec(1, 1), {"_", "_", "a"}) == Texts{"", "", "_a", ""});
}

TEST_CASE("a text to be replaced is found across the pieces of a joined text", "[text]") {
  const std::string joined = kFuse + "," + replace_spec("ab", "X");
  CHECK(deltas(joined, {"ca", "bc", "a"}) == Texts{"c", "Xc", "", "a"});
  CHECK(text_of(replace_spec("ab", "X") + "," + kFuse, {"ca", "bc", "ab"}) == "cabcX");
  CHECK(text_of(kFuse + "," + replace_spec("aa", "X"), {"a", "a", "a", "a", "a"}) == "XXa");
  CHECK(text_of(kFuse + "," + replace_spec("aab", "X"), {"aa", "ab"}) == "aX");
  CHECK(text_of(kFuse + "," + replace_spec("_", "") + "," + replace_spec("ab", "X"), {"a_", "b"}) ==
        "X");
}

TEST_CASE("bytes in a row are one piece, and whole characters come at once", "[text]") {
  CHECK(deltas(kFallback + "," + kFuse, {"<0xE4>", "<0xBD>", "<0xA0>", "a"}) ==
        Texts{"", "", "\u4F60", "a", ""});
  CHECK(deltas(kFallback, {"<0xE4>", "a"}) == Texts{"", "\uFFFDa", ""});
  CHECK(deltas(kFallback, {"a", "<0xE4>"}) == Texts{"a", "", "\uFFFD"});
  CHECK(text_of(kFallback + "," + kMeta, {"<0x5F>", "<0x5F>", "_a"}) == " a");
  CHECK(text_of(kFallback + "," + strip_spec(1, 1), {"<0x5F>", "<0x5F>", "<0x5F>", "_a_"}) == "_a");
  CHECK(text_of(kFallback + "," + replace_spec("ab", "X"), {"<0x61>", "<0x62>", "a", "b"}) ==
        "Xab");
  CHECK(text_of(kFallback + R"(, {"type": "Replace", "pattern": {"Regex": "a$"}, "content": "X"})",
                {"<0x61>", "<0x61>", "aa"}) == "aXaX");
}

TEST_CASE("byte-level pieces are put together before they are read", "[text]") {
  CHECK(deltas(kBytes, {"\u0120a", "\u00E4", "\u00BD\u0142", "b c"}) ==
        Texts{" a", "", "\u4F60", "b c", ""});
  CHECK(deltas(kBytes, {"\u00E4"}) == Texts{"", "\uFFFD"});
  CHECK(text_of(kBytes + "," + replace_spec("ab", "X"), {"a", "b"}) == "X");
}

TEST_CASE("no piece gives no text", "[text]") {
  for (const std::string& decoder : {kFuse, kBytes, kFallback, kMeta, strip_spec(1, 1)}) {
    CHECK(text_of(decoder, {}).empty());
    CHECK(text_of(decoder, {}, false).empty());
  }
}

}  // namespace octavo::text
