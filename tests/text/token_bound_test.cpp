// A text is refused by its bytes only if its tokens would have been too many.
#include "src/text/token_bound.hpp"

#include <boost/json.hpp>
#include <random>

#include "src/text/normalizer.hpp"
#include "src/text/utf8.hpp"
#include "tests/support/byte_tokenizer.hpp"
#include "tests/support/catch.hpp"
#include "tests/text/data_files.hpp"

using namespace octavo;

namespace {

namespace json = boost::json;
using testing::byte_tokenizer_file;
using testing::tokenizer_of;

std::string random_text(std::mt19937& random) {
  static const std::vector<std::string> parts{"a",           "e\xCC\x81",
                                              " ",           "   ",
                                              "\n",          "\xE1\x84\x80\xE1\x85\xA1\xE1\x86\xA8",
                                              "Z",           "<end>",
                                              "  <end>   ",  "\xE2\x84\xAA",
                                              "the cat ",    "\xF0\x9D\x94\xB8",
                                              "\t",          "\xFF",
                                              "1234567",     "\xE3\x80\x80",
                                              "\xEF\xB7\xBA"};
  std::string text;
  const auto count = random() % 40;
  for (std::size_t i = 0; i < count; ++i) {
    const std::string& part = parts[random() % parts.size()];
    for (auto times = random() % 6; times > 0; --times) text += part;
  }
  return text;
}

void check_bound(const Tokenizer& tokenizer) {
  std::mt19937 random(5);
  for (int round = 0; round < 300; ++round) {
    const std::string text = random_text(random);
    CAPTURE(text);
    REQUIRE(tokenizer.min_tokens(text) <= tokenizer.encode(text, false).value().size());
  }
}

json::object file_with(const char* member, const char* spec) {
  json::object file =
      byte_tokenizer_file({json::object{{"id", 256}, {"content", "<end>"}, {"normalized", false}}});
  file[member] = json::parse(spec);
  return file;
}

}  // namespace

TEST_CASE("shipped tokenizers give no fewer tokens than the bytes foretell", "[text]") {
  std::size_t num_told = 0;
  for (const auto& folder : testing::tokenizer_folders_with("tokenizer.json")) {
    CAPTURE(folder.string());
    const auto tokenizer = Tokenizer::load(folder);
    if (!tokenizer) continue;
    check_bound(**tokenizer);
    num_told += (*tokenizer)->min_tokens(std::string(100'000, 'x')) > 0 ? 1 : 0;
  }
  CHECK(num_told > 0);
}

TEST_CASE("bytes foretell tokens exactly where each byte is one", "[text]") {
  const auto tokenizer = testing::byte_tokenizer();
  CHECK(tokenizer->min_tokens("") == 0);
  // A token's spelling is four bytes at most, as far as the bound knows.
  CHECK(tokenizer->min_tokens("abcde") == 2);
  CHECK(tokenizer->min_tokens(std::string(4000, ' ')) == 1000);
}

TEST_CASE("normalizers that shrink a text loosen the bound, those that delete lift it", "[text]") {
  const std::string text(4800, 'x');
  const auto told = [&](const char* spec) {
    const auto tokenizer = tokenizer_of(file_with("normalizer", spec));
    check_bound(*tokenizer);
    return tokenizer->min_tokens(text);
  };
  const std::size_t plain = told("null");
  CHECK(plain > 0);
  CHECK(told(R"({"type": "NFC"})") == plain / 12);
  CHECK(told(R"({"type": "NFKD"})") == plain / 4);
  CHECK(told(R"({"type": "Lowercase"})") == plain / 4);
  // The longest token has the prefix now, too.
  CHECK(told(R"({"type": "Prepend", "prepend": "a"})") == plain * 5 / 6);
  CHECK(told(R"({"type": "Strip"})") == plain);
  CHECK(told(R"({"type": "Replace", "pattern": {"String": "the "}, "content": "a"})") == plain / 4);
  CHECK(told(R"({"type": "Replace", "pattern": {"String": "a"}, "content": "aaa"})") == plain);
  CHECK(told(R"({"type": "Replace", "pattern": {"String": "a"}, "content": ""})") == 0);
  CHECK(told(R"({"type": "Replace", "pattern": {"Regex": "a+"}, "content": "a"})") == 0);
  CHECK(told(R"({"type": "StripAccents"})") == 0);
}

TEST_CASE("blanks that may vanish count for nothing", "[text]") {
  const std::string blanks(4800, ' ');
  for (const char* spec : {R"([{"id": 256, "content": "<end>", "rstrip": true}])",
                           R"([{"id": 256, "content": "<end>", "lstrip": true}])"}) {
    const auto tokenizer = tokenizer_of(file_with("added_tokens", spec));
    check_bound(*tokenizer);
    CHECK(tokenizer->min_tokens(blanks + "\xE3\x80\x80") == 0);
    CHECK(tokenizer->min_tokens(blanks + std::string(50, 'x')) == 10);
  }
  const auto stripped = tokenizer_of(file_with("normalizer", R"({"type": "Strip"})"));
  CHECK(stripped->min_tokens(blanks) == 0);
}

TEST_CASE("nothing is told where words are cut out or characters are unknown", "[text]") {
  const std::string text(4800, 'x');
  auto file = byte_tokenizer_file();
  file["pre_tokenizer"] = json::parse(R"({"type": "Sequence", "pretokenizers": [
      {"type": "WhitespaceSplit"}, {"type": "ByteLevel", "use_regex": false}]})");
  CHECK(tokenizer_of(file)->min_tokens(text) == 0);
  const auto told = [&](const char* model) {
    auto small = byte_tokenizer_file();
    small["pre_tokenizer"] = nullptr;
    small["decoder"] = {{"type", "ByteFallback"}};
    small["model"] = json::parse(model);
    const auto tokenizer = tokenizer_of(small);
    check_bound(*tokenizer);
    return tokenizer->min_tokens(text);
  };
  CHECK(told(R"({"type": "BPE", "vocab": {"a": 0}, "merges": []})") == 0);
  CHECK(told(R"({"type": "BPE", "vocab": {"?": 0}, "merges": [], "unk_token": "?",
                 "fuse_unk": true})") == 0);
  CHECK(told(R"({"type": "BPE", "vocab": {"?": 0}, "merges": [], "unk_token": "?"})") == 1200);
}

TEST_CASE("no character shrinks more than the bound says", "[text]") {
  using text::UnicodeForm;
  std::size_t most_composed = 0;
  for (char32_t c = 0; c <= 0x10FFFF; ++c) {
    if (c >= 0xD800 && c < 0xE000) continue;
    std::string character;
    append_utf8(character, c);
    for (const auto form : {UnicodeForm::kNfd, UnicodeForm::kNfkd})
      REQUIRE(text::to_unicode_form(character, form).size() * 4 >= character.size());
    const std::string apart = text::to_unicode_form(character, UnicodeForm::kNfd);
    const std::string together = text::to_unicode_form(apart, UnicodeForm::kNfc);
    REQUIRE(together.size() * 3 >= apart.size());
    if (together.size() * 3 == apart.size()) ++most_composed;
  }
  CHECK(most_composed > 0);  // The bound is no larger than it must be.
}

TEST_CASE("encoding stops soon after the tokens that are of use", "[text]") {
  const auto tokenizer = testing::shipped_tokenizer("gpt-2");
  std::string text;
  for (int i = 0; i < 3000; ++i) text += "word" + std::to_string(i) + " ";
  const TextSpan span{text, true};
  const auto all = tokenizer->encode(std::span(&span, 1), false).value();
  for (const std::size_t limit :
       {std::size_t{0}, std::size_t{1}, std::size_t{500}, all.size() - 1}) {
    const auto some = tokenizer->encode(std::span(&span, 1), false, limit).value();
    REQUIRE(some.size() > limit);
    CHECK(some.size() < limit + 10);
    CHECK(std::equal(some.begin(), some.end(), all.begin()));
  }
  CHECK(tokenizer->encode(std::span(&span, 1), false, all.size()).value() == all);
}
