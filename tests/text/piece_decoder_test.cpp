#include "src/text/piece_decoder.hpp"

#include <boost/json.hpp>

#include "tests/support/catch.hpp"
#include "tests/text/refusals.hpp"

namespace octavo::text {
namespace {

using testing::is_refusal;

PieceDecoder parse(const std::string& spec) {
  return PieceDecoder::parse(boost::json::parse(spec));
}

PieceDecoder sequence(const std::string& decoders) {
  return parse(R"({"type": "Sequence", "decoders": [)" + decoders + "]}");
}

std::optional<Error> refusal(const std::string& spec) {
  return testing::refusal_of([&] { parse(spec); });
}

std::string strip_spec(int start, int stop) {
  return R"({"type": "Strip", "content": "_", "start": )" + std::to_string(start) +
         R"(, "stop": )" + std::to_string(stop) + "}";
}

constexpr const char* kFuse = R"({"type": "Fuse"}, )";

}  // namespace

TEST_CASE("a byte-level piece is its bytes, another is left as it is", "[text]") {
  const PieceDecoder decoder = parse(R"({"type": "ByteLevel"})");
  CHECK(decoder.bytes_of("\u0120the") == " the");
  CHECK(decoder.bytes_of("\u00E4") == "\xE4");
  CHECK(decoder.bytes_of("a b") == "a b");
  CHECK(decoder.bytes_of("") == "");
}

TEST_CASE("a piece for a byte becomes the byte and no other does", "[text]") {
  const PieceDecoder decoder = parse(R"({"type": "ByteFallback"})");
  CHECK(decoder.bytes_of("<0xE4>") == "\xE4");
  CHECK(decoder.bytes_of("<0x00>") == std::string(1, '\0'));
  CHECK(decoder.bytes_of("<0xE4><0xE4>") == "<0xE4><0xE4>");
  CHECK(decoder.bytes_of("a") == "a");
}

TEST_CASE("a text or an expression is replaced wherever it stands in a piece", "[text]") {
  const PieceDecoder decoder =
      parse(R"({"type": "Replace", "pattern": {"String": "\u2581"}, "content": "  "})");
  CHECK(decoder.bytes_of("\u2581a\u2581\u2581b\u2581") == "  a    b  ");
  CHECK(decoder.bytes_of("ab") == "ab");
  CHECK(parse(R"({"type": "Replace", "pattern": {"String": "</w>"}, "content": " "})")
            .bytes_of("a</w></w>") == "a  ");
  CHECK(
      parse(R"({"type": "Replace", "pattern": {"Regex": "a+"}, "content": "-"})").bytes_of("aab") ==
      "-b");
}

TEST_CASE("before the pieces are fused each is stripped by itself", "[text]") {
  CHECK(parse(strip_spec(1, 0)).bytes_of("__a__") == "_a__");
  CHECK(parse(strip_spec(2, 1)).bytes_of("__a__") == "a_");
  CHECK(parse(strip_spec(3, 3)).bytes_of("__a__") == "a");
  CHECK(parse(strip_spec(1, 1)).bytes_of("_") == "");
  CHECK(parse(strip_spec(-1, -1)).bytes_of("_a_") == "_a_");
  CHECK(parse(strip_spec(2'000'000'000, 0)).bytes_of(std::string(1025, '_')) == "_");
  CHECK(parse(R"({"type": "Strip", "content": "_"})").bytes_of("_a_") == "_a_");
}

TEST_CASE("once the pieces are fused a piece by itself is not stripped", "[text]") {
  CHECK(sequence(kFuse + strip_spec(2, 0)).bytes_of("__a") == "__a");
  CHECK(sequence(kFuse + strip_spec(0, 2)).bytes_of("a__") == "a__");
}

TEST_CASE("in the middle of a text a blank is kept whatever the scheme", "[text]") {
  for (const char* members :
       {"", R"(, "prepend_scheme": "always")", R"(, "prepend_scheme": "first")",
        R"(, "prepend_scheme": "never")", R"(, "add_prefix_space": false)"}) {
    CAPTURE(members);
    const PieceDecoder decoder = parse(std::string(R"({"type": "Metaspace")") + members + "}");
    CHECK(decoder.bytes_of("\u2581a\u2581") == " a ");
  }
}

TEST_CASE("blanks are written as the file says", "[text]") {
  const PieceDecoder decoder = parse(R"({"type": "Metaspace", "replacement": "~"})");
  CHECK(decoder.bytes_of("~a\u2581") == " a\u2581");
}

TEST_CASE("steps of a decoder run in their order", "[text]") {
  constexpr const char* kReplace =
      R"({"type": "Replace", "pattern": {"String": "A"}, "content": "B"})";
  const std::string fallback = R"({"type": "ByteFallback"})";
  CHECK(sequence(fallback + ", " + kReplace).bytes_of("<0x41>") == "B");
  CHECK(sequence(std::string(kReplace) + ", " + fallback).bytes_of("<0x41>") == "A");
  CHECK(sequence(std::string(kReplace) + ", " + fallback).bytes_of("<0xAA>") == "\xBB");
}

TEST_CASE("a decoder that needs the whole text first is refused by its name", "[text]") {
  CHECK(is_refusal(refusal("null"), Errc::kUnsupportedModel, "decoder"));
  CHECK(is_refusal(refusal(R"({"type": "WordPiece"})"), Errc::kUnsupportedModel,
                   "tokenizer.json: The decoder 'WordPiece'"));
  const std::string fallback = R"({"type": "ByteFallback"})";
  const std::string bytes = R"({"type": "ByteLevel"})";
  const std::string pattern = R"({"type": "Replace", "pattern": {"Regex": "a+"}, "content": "b"})";
  const std::string nothing = R"({"type": "Replace", "pattern": {"String": ""}, "content": "b"})";
  const auto refused = [](const std::string& first, const std::string& then) {
    return refusal(R"({"type": "Sequence", "decoders": [)" + first + then + "]}");
  };
  for (const std::string& late : {fallback, bytes, pattern, nothing}) {
    CAPTURE(late);
    CHECK(is_refusal(refused(kFuse, late), Errc::kUnsupportedModel, "after Fuse"));
    CHECK(is_refusal(refused(bytes + ", ", late), Errc::kUnsupportedModel, "after Fuse"));
  }
  CHECK(is_refusal(refused(fallback + ", ", bytes), Errc::kUnsupportedModel, "after ByteFallback"));
  CHECK(is_refusal(refused(fallback + ", ", fallback), Errc::kUnsupportedModel,
                   "after ByteFallback"));
}

TEST_CASE("a decoder that lacks what it needs is refused by the member's name", "[text]") {
  struct Case {
    const char* spec;
    const char* names;
  };
  const auto [spec, names] =
      GENERATE(Case{"[]", "decoder"}, Case{"{}", "type"},
               Case{R"({"type": "Sequence"})", "decoders"}, Case{R"({"type": "Strip"})", "content"},
               Case{R"({"type": "Strip", "content": ""})", "content"},
               Case{R"({"type": "Strip", "content": "a", "start": "1"})", "start"},
               Case{R"({"type": "Replace", "pattern": {"String": "a"}})", "content"},
               Case{R"({"type": "Replace", "content": "a"})", "pattern"},
               Case{R"({"type": "Strip", "content": "ab"})", "content"},
               Case{R"({"type": "Metaspace", "replacement": "ab"})", "replacement"},
               Case{R"({"type": "Metaspace", "replacement": ""})", "replacement"});
  CAPTURE(spec);
  CHECK(is_refusal(refusal(spec), Errc::kInvalidFile, names));
}

}  // namespace octavo::text
