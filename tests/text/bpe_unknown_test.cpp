// A vocabulary may lack characters: what becomes of them, and what that says of a token's length.
#include <boost/json.hpp>
#include <vector>

#include "src/core/utf8.hpp"
#include "src/text/bpe.hpp"
#include "tests/support/byte_tokenizer.hpp"
#include "tests/support/catch.hpp"

namespace octavo::text {
namespace {

namespace json = boost::json;
using Ids = std::vector<TokenId>;

json::object small_model() {
  return json::parse(R"({"vocab": {"<unk>": 0, "a": 1, "\u00e9": 2, "<0xC3>": 3, "<0xA9>": 4,
                                   "<0xA8>": 5}, "merges": []})")
      .as_object();
}

/// All 256 bytes and nothing else, written in the byte-level alphabet.
json::object byte_model() { return testing::byte_tokenizer_file().at("model").as_object(); }

Ids encode(const json::object& model, std::string_view piece, bool is_byte_level = false) {
  Ids ids;
  Bpe::parse(model, is_byte_level).encode(piece, ids);
  return ids;
}

}  // namespace

TEST_CASE("an unknown character vanishes where no token stands for it", "[text]") {
  json::object model = small_model();
  CHECK(encode(model, "axa") == Ids{1, 1});
  model["unk_token"] = "<none>";
  CHECK(encode(model, "axa") == Ids{1, 1});
}

TEST_CASE("unknown characters are one token each or one for a run", "[text]") {
  json::object model = small_model();
  model["unk_token"] = "<unk>";
  CHECK(encode(model, "xya\u4F60x") == Ids{0, 0, 1, 0, 0});
  model["fuse_unk"] = true;
  CHECK(encode(model, "xya\u4F60x") == Ids{0, 1, 0});
}

TEST_CASE("a character falls back on its bytes only where all of them are known", "[text]") {
  json::object model = small_model();
  model["unk_token"] = "<unk>";
  CHECK(encode(model, "\u00E8") == Ids{0});
  model["byte_fallback"] = true;
  CHECK(encode(model, "\u00E8") == Ids{3, 5});
  CHECK(encode(model, "\u00E9") == Ids{2});
  CHECK(encode(model, "\u00EA") == Ids{0});
  CHECK(encode(model, "x\u00E8x") == Ids{0, 3, 5, 0});
}

TEST_CASE("bytes that fell back end a run of unknown characters", "[text]") {
  json::object model = small_model();
  model["unk_token"] = "<unk>";
  model["byte_fallback"] = true;
  model["fuse_unk"] = true;
  CHECK(encode(model, "xy\u00E8zx") == Ids{0, 3, 5, 0});
}

TEST_CASE("a byte-level model knows each byte by itself", "[text]") {
  json::object model = byte_model();
  CHECK(encode(model, "\u4F60 ", true) == Ids{0xE4, 0xBD, 0xA0, 0x20});
  model["vocab"].as_object().erase("a");
  CHECK(encode(model, "bab", true) == Ids{'b', 'b'});
}

TEST_CASE("pieces of a byte-level model are found by their bytes", "[text]") {
  const Bpe bytes = Bpe::parse(byte_model(), true);
  CHECK(bytes.find(" ") == 0x20);
  CHECK(bytes.find("\xE4") == 0xE4);
  CHECK_FALSE(bytes.find("\u0120"));
  const Bpe text = Bpe::parse(byte_model(), false);
  CHECK(text.find("\u0120") == 0x20);
  CHECK_FALSE(text.find(" "));
  CHECK_FALSE(text.find(""));
}

TEST_CASE("the longest piece is told where every byte has a token", "[text]") {
  json::object model = byte_model();
  CHECK(Bpe::parse(model, true).max_piece_bytes() == 4);
  model["vocab"].as_object()["\u0120\u0120\u0120\u0120\u0120"] = 256;
  CHECK(Bpe::parse(model, true).max_piece_bytes() == 5);
  model["vocab"].as_object().erase("a");
  CHECK_FALSE(Bpe::parse(model, true).max_piece_bytes());
}

TEST_CASE("the longest piece is told where each unknown character is a token", "[text]") {
  json::object model = small_model();
  CHECK_FALSE(Bpe::parse(model, false).max_piece_bytes());
  model["unk_token"] = "<unk>";
  CHECK(Bpe::parse(model, false).max_piece_bytes() == 6);
  model["fuse_unk"] = true;
  CHECK_FALSE(Bpe::parse(model, false).max_piece_bytes());
}

TEST_CASE("bytes behind a fallback bound a piece only when all 256 are there", "[text]") {
  json::object model{{"vocab", json::object{}}, {"merges", json::array{}}, {"byte_fallback", true}};
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  for (std::int64_t byte = 0; byte < 256; ++byte) {
    CHECK_FALSE(Bpe::parse(model, false).max_piece_bytes());
    const auto high = static_cast<std::size_t>(byte / 16);
    const auto low = static_cast<std::size_t>(byte % 16);
    model["vocab"].as_object()[std::string("<0x") + kDigits[high] + kDigits[low] + ">"] = byte;
  }
  CHECK(Bpe::parse(model, false).max_piece_bytes() == 6);
  model["byte_fallback"] = false;
  CHECK_FALSE(Bpe::parse(model, false).max_piece_bytes());
}

TEST_CASE("a piece for a byte has two hexadecimal digits", "[text]") {
  CHECK(read_byte_piece("<0x00>") == 0);
  CHECK(read_byte_piece("<0x41>") == 0x41);
  CHECK(read_byte_piece("<0xff>") == 0xFF);
  CHECK(read_byte_piece("<0xFF>") == 0xFF);
  for (const char* piece : {"", "<0x4>", "<0x041>", "<0xG1>", "<0x1G>", "<0x-1>", "<0x+1>",
                            "<0x 1>", "<0X41>", "<0x41]", "[0x41>", " <0x41>", "<0x41> "}) {
    CAPTURE(piece);
    CHECK_FALSE(read_byte_piece(piece));
  }
}

}  // namespace octavo::text
