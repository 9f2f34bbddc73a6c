#include "src/text/jinja/unicode_case.hpp"

#include <utf8proc.h>

#include <algorithm>
#include <array>

#include "src/text/jinja/unicode_tables.hpp"
#include "src/text/utf8.hpp"

namespace octavo::jinja {
namespace {

utf8proc_int32_t code_of(char32_t character) { return static_cast<utf8proc_int32_t>(character); }

std::u32string one(utf8proc_int32_t code) { return {static_cast<char32_t>(code)}; }

const SpecialCase* find_special(char32_t character) {
  const auto all = special_cases();
  const auto it = std::ranges::lower_bound(all, character, {}, &SpecialCase::character);
  return it != all.end() && it->character == character ? &*it : nullptr;
}

bool is_within(std::span<const CharacterRange> ranges, char32_t character) {
  const auto it = std::ranges::lower_bound(ranges, character, {}, &CharacterRange::last);
  return it != ranges.end() && it->first <= character;
}

bool is_between(char32_t character, utf8proc_category_t first, utf8proc_category_t last) {
  const utf8proc_category_t category = utf8proc_category(code_of(character));
  return category >= first && category <= last;
}

bool has_category(char32_t character, utf8proc_category_t category) {
  return utf8proc_category(code_of(character)) == category;
}

/// Unicode's Other_Lowercase and Other_Uppercase.
bool is_other_lower(char32_t c) {
  return c == 0xAA || c == 0xBA || (c >= 0x2B0 && c <= 0x2B8) || c == 0x2C0 || c == 0x2C1 ||
         (c >= 0x2E0 && c <= 0x2E4) || c == 0x345 || c == 0x37A || (c >= 0x1D2C && c <= 0x1D6A) ||
         c == 0x1D78 || (c >= 0x1D9B && c <= 0x1DBF) || c == 0x2071 || c == 0x207F ||
         (c >= 0x2090 && c <= 0x209C) || (c >= 0x2170 && c <= 0x217F) ||
         (c >= 0x24D0 && c <= 0x24E9) || (c >= 0x2C7C && c <= 0x2C7D) ||
         (c >= 0xA69C && c <= 0xA69D) || c == 0xA770 || (c >= 0xA7F8 && c <= 0xA7F9) ||
         (c >= 0xAB5C && c <= 0xAB5F) || c == 0x10780 || (c >= 0x10783 && c <= 0x10785) ||
         (c >= 0x10787 && c <= 0x107B0) || (c >= 0x107B2 && c <= 0x107BA);
}
bool is_other_upper(char32_t c) {
  return (c >= 0x2160 && c <= 0x216F) || (c >= 0x24B6 && c <= 0x24CF) ||
         (c >= 0x1F130 && c <= 0x1F149) || (c >= 0x1F150 && c <= 0x1F169) ||
         (c >= 0x1F170 && c <= 0x1F189);
}

}  // namespace

std::u32string upper_of(char32_t character) {
  const SpecialCase* special = find_special(character);
  return special != nullptr ? std::u32string(special->upper)
                            : one(utf8proc_toupper(code_of(character)));
}

std::u32string title_of(char32_t character) {
  const SpecialCase* special = find_special(character);
  return special != nullptr ? std::u32string(special->title)
                            : one(utf8proc_totitle(code_of(character)));
}

std::u32string lower_of(char32_t character) {
  // The capital I with a dot keeps its dot.
  if (character == 0x130) return U"i\u0307";
  return one(utf8proc_tolower(code_of(character)));
}

std::u32string folded(char32_t character) {
  std::array<utf8proc_int32_t, 8> codes{};
  int last_boundary = 0;
  const utf8proc_ssize_t length = utf8proc_decompose_char(
      code_of(character), codes.data(), codes.size(), UTF8PROC_CASEFOLD, &last_boundary);
  if (length <= 0) return {character};
  return {codes.begin(), codes.begin() + std::min<std::ptrdiff_t>(length, codes.size())};
}

bool is_upper_case(char32_t c) {
  return has_category(c, UTF8PROC_CATEGORY_LU) || is_other_upper(c);
}
bool is_lower_case(char32_t c) {
  return has_category(c, UTF8PROC_CATEGORY_LL) || is_other_lower(c);
}
bool is_title_case(char32_t c) { return has_category(c, UTF8PROC_CATEGORY_LT); }
bool is_cased(char32_t c) { return is_upper_case(c) || is_lower_case(c) || is_title_case(c); }

bool is_case_ignorable(char32_t c) {
  // Word_Break is MidLetter, MidNumLet or Single_Quote.
  constexpr std::u32string_view kWithinWords =
      U"'.:\u00b7\u0387\u055f\u05f4\u2018\u2019\u2024\u2027\ufe13\ufe52\ufe55\uff07\uff0e\uff1a";
  return kWithinWords.find(c) != std::u32string_view::npos ||
         has_category(c, UTF8PROC_CATEGORY_MN) || has_category(c, UTF8PROC_CATEGORY_ME) ||
         has_category(c, UTF8PROC_CATEGORY_CF) || has_category(c, UTF8PROC_CATEGORY_LM) ||
         has_category(c, UTF8PROC_CATEGORY_SK);
}

bool is_letter(char32_t c) { return is_between(c, UTF8PROC_CATEGORY_LU, UTF8PROC_CATEGORY_LO); }
bool is_decimal(char32_t c) { return has_category(c, UTF8PROC_CATEGORY_ND); }
bool is_digit(char32_t c) { return is_decimal(c) || is_within(digits_that_are_not_decimal(), c); }
bool is_numeric(char32_t c) {
  return is_between(c, UTF8PROC_CATEGORY_ND, UTF8PROC_CATEGORY_NO) ||
         is_within(letters_with_a_number(), c);
}

bool is_blank(char32_t c) { return octavo::text::is_white_space(c) || (c >= 0x1C && c <= 0x1F); }

bool is_printable(char32_t c) {
  if (c == ' ') return true;
  const utf8proc_category_t category = utf8proc_category(code_of(c));
  return category != UTF8PROC_CATEGORY_CN && category < UTF8PROC_CATEGORY_ZS;
}

bool is_name_start(char32_t c) {
  constexpr std::u32string_view kOthers = U"_\u1885\u1886\u2118\u212e";
  constexpr std::u32string_view kNone = U"\u037a\u0e33\u0eb3";
  if (kNone.find(c) != std::u32string_view::npos) return false;
  return is_letter(c) || has_category(c, UTF8PROC_CATEGORY_NL) ||
         kOthers.find(c) != std::u32string_view::npos;
}

bool is_name_part(char32_t c) {
  constexpr std::u32string_view kOthers = U"\u00b7\u0387\u0e33\u0eb3\u19da";
  return is_name_start(c) || is_decimal(c) || has_category(c, UTF8PROC_CATEGORY_MN) ||
         has_category(c, UTF8PROC_CATEGORY_MC) || has_category(c, UTF8PROC_CATEGORY_PC) ||
         (c >= 0x1369 && c <= 0x1371) || kOthers.find(c) != std::u32string_view::npos;
}

}  // namespace octavo::jinja
