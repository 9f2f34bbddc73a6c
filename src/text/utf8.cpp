#include "src/text/utf8.hpp"

#include <oniguruma.h>
#include <utf8proc.h>

namespace octavo::text {
namespace {

constexpr char32_t kNonJoiner = 0x200C;
constexpr char32_t kJoiner = 0x200D;

utf8proc_category_t category_of(char32_t c) {
  return utf8proc_category(static_cast<utf8proc_int32_t>(c));
}

bool is_between(char32_t c, utf8proc_category_t first, utf8proc_category_t last) {
  const utf8proc_category_t category = category_of(c);
  return category >= first && category <= last;
}

bool is_ascii_letter(char32_t c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_ascii_digit(char32_t c) { return c >= '0' && c <= '9'; }

}  // namespace

bool is_white_space(char32_t c) {
  if (c < 0x80) return c == ' ' || (c >= 0x09 && c <= 0x0D);
  return c == 0x85 || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 ||
         c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

bool is_word_character(char32_t c) {
  if (c < 0x80) return is_ascii_letter(c) || is_ascii_digit(c) || c == '_';
  const utf8proc_category_t category = category_of(c);
  return is_mark(c) || category == UTF8PROC_CATEGORY_ND || category == UTF8PROC_CATEGORY_PC ||
         c == kNonJoiner || c == kJoiner ||
         ONIGENC_IS_CODE_ALPHA(ONIG_ENCODING_UTF8, static_cast<OnigCodePoint>(c)) != 0;
}

bool is_number(char32_t c) {
  if (c < 0x80) return is_ascii_digit(c);
  return is_between(c, UTF8PROC_CATEGORY_ND, UTF8PROC_CATEGORY_NO);
}

bool is_punctuation(char32_t c) {
  if (c < 0x80) return c > ' ' && c < 0x7F && !is_ascii_letter(c) && !is_ascii_digit(c);
  return is_between(c, UTF8PROC_CATEGORY_PC, UTF8PROC_CATEGORY_PO);
}

bool is_mark(char32_t c) {
  return c >= 0x80 && is_between(c, UTF8PROC_CATEGORY_MN, UTF8PROC_CATEGORY_ME);
}

}  // namespace octavo::text
