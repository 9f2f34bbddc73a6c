#include "src/grammar/continuation_tokens.hpp"

#include "tests/support/byte_tokenizer.hpp"
#include "tests/support/catch.hpp"
#include "tests/text/data_files.hpp"

using namespace octavo;
using namespace octavo::testing;

namespace {

/// The bytes that the tokens of the text stand for, with bars between them.
std::string cut(const std::shared_ptr<const Tokenizer>& tokenizer, const std::string& text) {
  std::string joined;
  for (const TokenId token : continuation_tokens(*tokenizer, tokenizer->vocab_size(), text))
    joined += std::string(joined.empty() ? "" : "|") + std::string(tokenizer->token_bytes(token));
  return joined;
}

}  // namespace

TEST_CASE("a text that goes on is cut as the tokenizer cuts it, but for its last token") {
  const auto gpt2 = shipped_tokenizer("gpt-2");
  CHECK(cut(gpt2, R"(delivery_address": ")") == R"(del|ivery|_|address|":)");
  CHECK(cut(gpt2, " is the answer") == " is| the");
  CHECK(cut(gpt2, "\n\nand so on").ends_with("and| so"));
  CHECK(cut(gpt2, "x").empty());
  CHECK(cut(gpt2, "").empty());
}

TEST_CASE("a tokenizer's blank before every text is no part of one that goes on") {
  for (const char* name : {"llama-2", "stories260K"}) {
    CAPTURE(name);
    const auto tokenizer = shipped_tokenizer(name);
    const std::string text = cut(tokenizer, R"(name": "the answer)");
    CHECK(text.starts_with("n"));
    std::string bytes = text;
    std::erase(bytes, '|');
    CHECK(std::string(R"(name": "the answer)").starts_with(bytes));
    CHECK(bytes.size() > 8);
    CHECK(cut(tokenizer, " once more").starts_with(" "));
  }
}

TEST_CASE("control tokens are never among them, nor tokens that the model does not have") {
  const auto tokenizer = byte_tokenizer({{{"id", 257}, {"content", "<end>"}, {"special", true}}});
  CHECK(continuation_tokens(*tokenizer, 258, "a<end>b") ==
        std::vector<TokenId>{'a', '<', 'e', 'n', 'd', '>'});
  CHECK(continuation_tokens(*tokenizer, 'c', "abcd") == std::vector<TokenId>{'a'});
}

TEST_CASE("a text that is cut within a character gives what stands before it") {
  const auto tokens = [](std::string_view text) {
    return continuation_tokens(*byte_tokenizer(), 257, text);
  };
  CHECK(tokens("ab\xC3") == std::vector<TokenId>{'a'});
  CHECK(tokens("\xA4 is").empty());
  CHECK(tokens("ab\xC3\xA4") == std::vector<TokenId>{'a', 'b', 0xC3});
}

TEST_CASE("a tokenizer that changes a text gives nothing from there on") {
  auto file = byte_tokenizer_file();
  file["normalizer"] = {{"type", "Lowercase"}};
  const auto tokenizer = tokenizer_of(file);
  CHECK(continuation_tokens(*tokenizer, 257, "abCd") == std::vector<TokenId>{'a'});
  CHECK(continuation_tokens(*tokenizer, 257, "Ab").empty());
}

TEST_CASE("of a long text the beginning is enough") {
  CHECK(continuation_tokens(*byte_tokenizer(), 257, std::string(100'000, 'a')).size() == 1023);
}
