// Where a grammar leaves one way to go on, it says which text must come, and a model reads tokens.
// Cutting a text up alone is not the same as going on with it: some tokenizers put a blank before
// every text, and the last token would perhaps be a longer one if what follows were known. So the
// tokens here stand for exactly the bytes asked for, and the last of them is left to the model.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "src/text/tokenizer.hpp"

namespace octavo {

/// Tokens below vocab_size, no control tokens, whose bytes, joined, begin the text. Of a long text
/// only those of its beginning; none where the tokenizer changes the text. They depend on the
/// arguments alone.
std::vector<TokenId> continuation_tokens(const Tokenizer& tokenizer, std::int32_t vocab_size,
                                         std::string_view text);

}  // namespace octavo
