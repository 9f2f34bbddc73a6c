#include "src/text/detokenizer.hpp"

#include <random>

#include "src/text/utf8.hpp"
#include "tests/support/catch.hpp"
#include "tests/text/data_files.hpp"

namespace octavo {

TEST_CASE("deltas together are what decode gives, and whole characters each", "[text]") {
  std::mt19937 random(7);
  for (const char* name : {"gpt-2", "llama-2", "stories260K"}) {
    const auto tokenizer = testing::shipped_tokenizer(name);
    const auto vocab_size = static_cast<unsigned>(tokenizer->vocab_size());
    for (int round = 0; round < 300; ++round) {
      std::vector<TokenId> ids;
      for (auto num = random() % 30; num > 0; --num) {
        // The first ids are the bytes and control tokens, where the trouble is.
        const bool is_low = random() % 2 == 0;
        ids.push_back(static_cast<TokenId>(random() % (is_low ? 262U : vocab_size)));
      }
      const bool skip_special = round % 2 == 0;
      Detokenizer detokenizer(*tokenizer, skip_special);
      std::string text;
      for (const TokenId id : ids) {
        std::string delta;
        detokenizer.append(id, delta);
        REQUIRE(is_valid_utf8(delta));
        text += delta;
      }
      detokenizer.finish(text);
      REQUIRE(text == tokenizer->decode(ids, skip_special));
    }
  }
}

TEST_CASE("a character cut between tokens comes when it is whole", "[text]") {
  const auto tokenizer = testing::shipped_tokenizer("llama-2");
  Detokenizer detokenizer(*tokenizer, true);
  std::string text;
  for (const char* byte : {"<0xF0>", "<0x9F>", "<0x99>"}) {
    detokenizer.append(*tokenizer->token_to_id(byte), text);
    CHECK(text.empty());
  }
  detokenizer.append(*tokenizer->token_to_id("<0x82>"), text);
  CHECK(text == "🙂");
}

TEST_CASE("a character that never becomes whole ends as a replacement", "[text]") {
  const auto tokenizer = testing::shipped_tokenizer("llama-2");
  Detokenizer detokenizer(*tokenizer, true);
  std::string text;
  detokenizer.append(*tokenizer->token_to_id("<0xE4>"), text);
  detokenizer.finish(text);
  CHECK(text == kReplacementCharacter);
}

TEST_CASE("the first blank is dropped at the start of a text but not in a continuation", "[text]") {
  const auto tokenizer = testing::shipped_tokenizer("llama-2");
  const TokenId hello = *tokenizer->token_to_id("▁Hello");
  std::string text;
  Detokenizer(*tokenizer, true).append(hello, text);
  CHECK(text == "Hello");
  text.clear();
  Detokenizer(*tokenizer, true, TextStart::kContinuesText).append(hello, text);
  CHECK(text == " Hello");
}

}  // namespace octavo
