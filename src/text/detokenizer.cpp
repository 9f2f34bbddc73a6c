#include "src/text/detokenizer.hpp"

namespace octavo {

Detokenizer::Detokenizer(const Tokenizer& tokenizer, bool skip_special, TextStart start)
    : tokenizer_(&tokenizer),
      skip_special_(skip_special),
      stream_(tokenizer.decoder(), start == TextStart::kBeginsText) {}

void Detokenizer::append(TokenId id, std::string& out) {
  if (!tokenizer_->has_token(id) || (skip_special_ && tokenizer_->is_special(id))) return;
  stream_.append(tokenizer_->piece(id), out);
}

void Detokenizer::finish(std::string& out) { stream_.finish(out); }

}  // namespace octavo
