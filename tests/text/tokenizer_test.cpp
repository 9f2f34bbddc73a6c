#include "src/text/tokenizer.hpp"

#include <boost/json.hpp>
#include <random>

#include "src/text/utf8.hpp"
#include "tests/support/catch.hpp"
#include "tests/text/data_files.hpp"

namespace octavo {
namespace {

using Ids = std::vector<TokenId>;

/// Random text of pieces that tempt pre-tokenizers.
std::string random_text(std::mt19937& random) {
  constexpr std::array<std::string_view, 16> kParts{
      " ", "  ",   "\n",   "\t",       "a", "The", "'ll",  "123",
      "é", "你好", "🙂", "\xCC\x81", "-", "_",   "\r\n", "ß"};
  std::string text;
  for (auto num = random() % 40; num > 0; --num) text += kParts[random() % kParts.size()];
  return text;
}

bool has(const Ids& ids, TokenId id) { return std::ranges::find(ids, id) != ids.end(); }

}  // namespace

TEST_CASE("what a byte-level tokenizer encodes it decodes unchanged", "[text]") {
  std::mt19937 random(1);
  for (const auto& folder : testing::tokenizer_folders_with("vectors.out")) {
    const auto tokenizer = Tokenizer::load(folder);
    REQUIRE(tokenizer);
    // A normalizer may change text, a leading blank may be dropped.
    const bool is_lossless = folder.filename() != "qwen2" && folder.filename() != "deepseek-coder";
    for (int round = 0; round < 100 && is_lossless; ++round) {
      const std::string text = random_text(random);
      CAPTURE(folder, text);
      CHECK((*tokenizer)->decode((*tokenizer)->encode(text, false).value(), false) == text);
    }
  }
}

TEST_CASE("the post-processor's tokens are added only when asked for", "[text]") {
  const auto tokenizer = testing::shipped_tokenizer("llama-2");
  const Ids plain = tokenizer->encode("Hello", false).value();
  Ids with_bos{1};
  with_bos.insert(with_bos.end(), plain.begin(), plain.end());
  CHECK(tokenizer->encode("Hello", true).value() == with_bos);
  CHECK(tokenizer->bos_id() == 1);
  CHECK(tokenizer->eos_id() == 2);
  CHECK(tokenizer->named_tokens().at("eos_token") == "</s>");
  CHECK(tokenizer->decode(with_bos, true) == "Hello");
  CHECK(tokenizer->decode(with_bos, false) == "<s> Hello");
}

TEST_CASE("what a user writes never becomes a control token", "[text]") {
  const auto gpt2 = testing::shipped_tokenizer("gpt-2");
  const TokenId end_of_text = 50256;
  const std::string text = "<|endoftext|>";
  CHECK(gpt2->encode(text, false).value() == Ids{end_of_text});
  const std::vector<TextSpan> by_user{{text, false}};
  CHECK_FALSE(has(gpt2->encode(by_user, false).value(), end_of_text));
  CHECK(gpt2->decode(gpt2->encode(by_user, false).value(), false) == text);
  const std::vector<TextSpan> in_parts{{"<|endof", true}, {"text|>", false}};
  CHECK_FALSE(has(gpt2->encode(in_parts, false).value(), end_of_text));
  const std::vector<TextSpan> split_by_template{{"<|endof", true}, {"text|>", true}};
  CHECK(gpt2->encode(split_by_template, false).value() == Ids{end_of_text});
}

TEST_CASE("spans are joined before they are cut into words", "[text]") {
  const auto gpt2 = testing::shipped_tokenizer("gpt-2");
  const std::vector<TextSpan> spans{{"Hel", true}, {"lo wor", false}, {"ld", true}};
  CHECK(gpt2->encode(spans, false).value() == gpt2->encode("Hello world", false).value());
}

TEST_CASE("tokens are looked up as their file writes them", "[text]") {
  const auto gpt2 = testing::shipped_tokenizer("gpt-2");
  CHECK(gpt2->vocab_size() == 50257);
  CHECK(gpt2->token_to_id("<|endoftext|>") == 50256);
  CHECK(gpt2->token_to_id("Ġthe") == 262);
  CHECK(gpt2->token_bytes(262) == " the");
  CHECK(gpt2->is_special(50256));
  CHECK_FALSE(gpt2->is_special(262));
  CHECK_FALSE(gpt2->token_to_id("no such token").has_value());
  CHECK(gpt2->token_bytes(-1).empty());
  CHECK(gpt2->token_bytes(1 << 30).empty());
  CHECK_FALSE(gpt2->is_special(-1));
}

TEST_CASE("broken UTF-8 is encoded as replacement characters", "[text]") {
  for (const char* name : {"gpt-2", "llama-2"}) {
    const auto tokenizer = testing::shipped_tokenizer(name);
    const auto ids = tokenizer->encode("a\xFFz\xE4\xBD", false).value();
    CHECK(tokenizer->decode(ids, false) == "a\xEF\xBF\xBDz\xEF\xBF\xBD");
  }
}

TEST_CASE("a long run of one character is encoded whole", "[text]") {
  for (const char* name : {"gpt-2", "llama-2", "stories260K"}) {
    const auto tokenizer = testing::shipped_tokenizer(name);
    for (const char* unit : {"a", " ", "\n", "1", "你", "\xCC\x81"}) {
      std::string text = "x";
      while (text.size() < 300'000) text += unit;
      CAPTURE(name, unit);
      CHECK(tokenizer->decode(tokenizer->encode(text, false).value(), false) == text);
    }
  }
}

TEST_CASE("a long run has as many tokens per character as a short one", "[text]") {
  const auto tokenizer = testing::shipped_tokenizer("llama-2");
  const auto num_tokens = [&](std::size_t size) {
    return tokenizer->encode(std::string(size, 'a'), false).value().size();
  };
  CHECK(num_tokens(64'000) >= 31 * num_tokens(2'000));
  CHECK(num_tokens(64'000) <= 33 * num_tokens(2'000));
}

}  // namespace octavo
