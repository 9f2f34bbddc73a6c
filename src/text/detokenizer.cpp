#include "src/text/detokenizer.hpp"

#include "src/text/piece_decoder.hpp"
#include "src/text/utf8.hpp"

namespace octavo {

Detokenizer::Detokenizer(const Tokenizer& tokenizer, bool skip_special, TextStart start)
    : tokenizer_(&tokenizer),
      skip_special_(skip_special),
      num_strips_left_(start == TextStart::kBeginsText ? tokenizer.leading_strip().count : 0) {}

void Detokenizer::append(TokenId id, std::string& out) {
  if (skip_special_ && tokenizer_->is_special(id)) return;
  held_ += tokenizer_->token_bytes(id);
  std::string_view rest = held_;
  while (!rest.empty()) {
    const Utf8Unit unit = read_utf8(rest);
    if (unit.kind == Utf8Kind::kCutShort) break;
    const bool is_whole = unit.kind == Utf8Kind::kWhole;
    release(is_whole ? rest.substr(0, unit.length) : kReplacementCharacter, out);
    rest.remove_prefix(unit.length);
  }
  held_.erase(0, held_.size() - rest.size());
}

void Detokenizer::finish(std::string& out) {
  if (!held_.empty()) release(kReplacementCharacter, out);
  held_.clear();
}

void Detokenizer::release(std::string_view character, std::string& out) {
  if (num_strips_left_ > 0 && character == tokenizer_->leading_strip().character) {
    --num_strips_left_;
    return;
  }
  num_strips_left_ = 0;
  out += character;
}

}  // namespace octavo
