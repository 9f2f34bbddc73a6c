#include "src/text/detokenizer.hpp"

#include <algorithm>

namespace octavo {

Detokenizer::Detokenizer(const Tokenizer& tokenizer, bool skip_special, TextStart start,
                         std::span<const TokenId> shown)
    : tokenizer_(&tokenizer),
      skip_special_(skip_special),
      shown_(shown),
      stream_(tokenizer.decoder(), start == TextStart::kBeginsText) {}

void Detokenizer::append(TokenId id, std::string& out) {
  if (!tokenizer_->has_token(id)) return;
  const bool is_skipped =
      skip_special_ && tokenizer_->is_special(id) && !std::ranges::binary_search(shown_, id);
  if (is_skipped) return;
  stream_.append(tokenizer_->piece(id), out);
}

void Detokenizer::finish(std::string& out) { stream_.finish(out); }

}  // namespace octavo
