// The case of texts, with provenance: all that a character becomes is as trusted as it was.
#include <algorithm>

#include "src/text/jinja/text.hpp"
#include "src/text/jinja/unicode_case.hpp"
#include "src/text/utf8.hpp"

namespace octavo::jinja {
namespace {

constexpr char32_t kSigma = 0x3A3;
constexpr char32_t kSmallSigma = 0x3C3;
constexpr char32_t kFinalSigma = 0x3C2;

struct Character {
  char32_t code;
  bool trusted;
};

std::vector<Character> characters_of(const Text& text) {
  std::vector<Character> characters;
  text.for_each_character([&](std::string_view bytes, bool trusted) {
    characters.push_back({octavo::read_utf8(bytes).character, trusted});
  });
  return characters;
}

void append(Text& out, const std::u32string& codes, bool trusted) {
  std::string bytes;
  for (const char32_t code : codes) octavo::append_utf8(bytes, code);
  out.append(bytes, trusted);
}

/// For each character: whether the next one before or after it that is not ignorable has a case.
std::vector<bool> cased_neighbours(const std::vector<Character>& all, bool before) {
  std::vector<bool> cased(all.size());
  bool state = false;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const std::size_t at = before ? i : all.size() - 1 - i;
    cased[at] = state;
    if (!is_case_ignorable(all[at].code)) state = is_cased(all[at].code);
  }
  return cased;
}

/// A capital sigma becomes another small letter at the end of a word than within one: it depends on
/// the characters around it (Unicode 15, section 3.13, Final_Sigma).
class Lowering {
 public:
  explicit Lowering(const std::vector<Character>& all) : all_(all) {
    if (std::ranges::find(all, kSigma, &Character::code) == all.end()) return;
    before_ = cased_neighbours(all, true);
    after_ = cased_neighbours(all, false);
  }
  std::u32string at(std::size_t i) const {
    if (all_[i].code != kSigma) return lower_of(all_[i].code);
    return {before_[i] && !after_[i] ? kFinalSigma : kSmallSigma};
  }

 private:
  const std::vector<Character>& all_;
  std::vector<bool> before_;  ///< Whether a cased character is before each; empty without a sigma.
  std::vector<bool> after_;
};

}  // namespace

Text to_upper(const Text& text) {
  Text out;
  for (const auto& [code, trusted] : characters_of(text)) append(out, upper_of(code), trusted);
  return out;
}

Text to_lower(const Text& text) {
  const auto all = characters_of(text);
  const Lowering lowering(all);
  Text out;
  for (std::size_t i = 0; i < all.size(); ++i) append(out, lowering.at(i), all[i].trusted);
  return out;
}

Text fold_case(const Text& text) {
  Text out;
  for (const auto& [code, trusted] : characters_of(text)) append(out, folded(code), trusted);
  return out;
}

Text swap_case(const Text& text) {
  const auto all = characters_of(text);
  const Lowering lowering(all);
  Text out;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const char32_t code = all[i].code;
    append(out,
           is_upper_case(code)   ? lowering.at(i)
           : is_lower_case(code) ? upper_of(code)
                                 : std::u32string{code},
           all[i].trusted);
  }
  return out;
}

Text to_title(const Text& text) {
  const auto all = characters_of(text);
  const Lowering lowering(all);
  Text out;
  bool after_cased = false;
  for (std::size_t i = 0; i < all.size(); ++i) {
    append(out, after_cased ? lowering.at(i) : title_of(all[i].code), all[i].trusted);
    after_cased = is_cased(all[i].code);
  }
  return out;
}

Text capitalize(const Text& text) {
  const auto all = characters_of(text);
  const Lowering lowering(all);
  Text out;
  for (std::size_t i = 0; i < all.size(); ++i) {
    append(out, i == 0 ? title_of(all[i].code) : lowering.at(i), all[i].trusted);
  }
  return out;
}

}  // namespace octavo::jinja
