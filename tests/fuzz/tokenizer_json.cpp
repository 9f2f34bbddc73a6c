// A tokenizer.json from anywhere: refused with an error, or a tokenizer that holds what the others
// hold.
#include <array>
#include <string>

#include "src/core/utf8.hpp"
#include "src/text/detokenizer.hpp"
#include "tests/fuzz/support.hpp"

namespace octavo::fuzz {
namespace {

void check(const Tokenizer& tokenizer) {
  for (TokenId id = -1; id <= std::min(tokenizer.vocab_size(), 300); ++id) {
    (void)tokenizer.piece(id);
    (void)tokenizer.token_bytes(id);
    (void)tokenizer.is_special(id);
  }
  for (const std::string text : {" The caf\xC3\xA9<s> 12", "a", ""}) {
    const auto tokens = tokenizer.encode(text, true);
    if (!tokens) continue;
    for (const TokenId token : *tokens)
      expect(token >= 0 && token < tokenizer.vocab_size(), "an id beyond the vocabulary");
    expect(tokenizer.min_tokens(text) <= tokens->size(), "fewer tokens than the bound promises");
    Detokenizer detokenizer(tokenizer, false);
    std::string deltas;
    for (const TokenId token : *tokens) detokenizer.append(token, deltas);
    detokenizer.finish(deltas);
    expect(deltas == tokenizer.decode(*tokens, false), "the deltas are another text");
    expect(is_valid_utf8(deltas), "a text is no UTF-8");
  }
}

}  // namespace
}  // namespace octavo::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace octavo;
  const fuzz::MemoryFile file({reinterpret_cast<const char*>(data), size});
  const auto tokenizer = Tokenizer::load(file.path());
  if (tokenizer)
    fuzz::check(**tokenizer);
  else
    fuzz::expect(!tokenizer.error().message().empty(), "an error without a reason");
  return 0;
}
