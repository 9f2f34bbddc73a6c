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
  CHECK(decoder.leading_strip().count == 0);
}

TEST_CASE("a piece for a byte becomes the byte and no other does", "[text]") {
  const PieceDecoder decoder = parse(R"({"type": "ByteFallback"})");
  CHECK(decoder.bytes_of("<0xE4>") == "\xE4");
  CHECK(decoder.bytes_of("<0x00>") == std::string(1, '\0'));
  CHECK(decoder.bytes_of("<0xE4><0xE4>") == "<0xE4><0xE4>");
  CHECK(decoder.bytes_of("a") == "a");
}

TEST_CASE("one character is replaced wherever it stands in a piece", "[text]") {
  const PieceDecoder decoder =
      parse(R"({"type": "Replace", "pattern": {"String": "\u2581"}, "content": "  "})");
  CHECK(decoder.bytes_of("\u2581a\u2581\u2581b\u2581") == "  a    b  ");
  CHECK(decoder.bytes_of("ab") == "ab");
  CHECK(decoder.leading_strip().count == 0);
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

TEST_CASE("once the pieces are fused only the start of the text is stripped", "[text]") {
  const PieceDecoder decoder = sequence(kFuse + strip_spec(2, 0));
  CHECK(decoder.bytes_of("__a") == "__a");
  CHECK(decoder.leading_strip().character == "_");
  CHECK(decoder.leading_strip().count == 2);
  CHECK(is_refusal(
      refusal(R"({"type": "Sequence", "decoders": [)" + (kFuse + strip_spec(1, 1)) + "]}"),
      Errc::kUnsupportedModel, "end of a text"));
  CHECK(is_refusal(refusal(R"({"type": "Sequence", "decoders": [)" + (kFuse + strip_spec(1, 0)) +
                           ", " + strip_spec(1, 0) + "]}"),
                   Errc::kUnsupportedModel, "strips"));
}

TEST_CASE("the first blank of a text is dropped where encoding put it there", "[text]") {
  struct Case {
    const char* members;
    int count;
  };
  const auto [members, count] =
      GENERATE(Case{"", 1}, Case{R"(, "prepend_scheme": "always")", 1},
               Case{R"(, "prepend_scheme": "first")", 1}, Case{R"(, "prepend_scheme": "never")", 0},
               Case{R"(, "add_prefix_space": false)", 0},
               Case{R"(, "add_prefix_space": false, "prepend_scheme": "always")", 1});
  CAPTURE(members);
  const PieceDecoder decoder = parse(std::string(R"({"type": "Metaspace")") + members + "}");
  CHECK(decoder.bytes_of("\u2581a\u2581") == " a ");
  CHECK(decoder.leading_strip().count == count);
  CHECK(decoder.leading_strip().character == (count == 0 ? "" : " "));
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

TEST_CASE("a decoder that does not work piece by piece is refused", "[text]") {
  CHECK(is_refusal(refusal("null"), Errc::kUnsupportedModel, "decoder"));
  CHECK(is_refusal(refusal(R"({"type": "WordPiece"})"), Errc::kUnsupportedModel, "WordPiece"));
  for (const char* pattern : {R"({"String": "ab"})", R"({"String": ""})", R"({"Regex": "a"})"}) {
    CHECK(is_refusal(
        refusal(std::string(R"({"type": "Replace", "content": "", "pattern": )") + pattern + "}"),
        Errc::kUnsupportedModel, "one character"));
  }
  CHECK(is_refusal(refusal(R"({"type": "Sequence", "decoders": [{"type": "Fuse"},
      {"type": "Replace", "pattern": {"String": "a"}, "content": "b"}]})"),
                   Errc::kUnsupportedModel, "before Fuse"));
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
               Case{R"({"type": "Metaspace", "replacement": ""})", "replacement"});
  CAPTURE(spec);
  CHECK(is_refusal(refusal(spec), Errc::kInvalidFile, names));
}

}  // namespace octavo::text
