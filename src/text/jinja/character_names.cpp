#include "src/text/jinja/character_names.hpp"

#include <zlib.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <string>

#include "src/core/error.hpp"

namespace octavo::jinja {
namespace {

constexpr std::string_view kIdeograph = "CJK UNIFIED IDEOGRAPH-";
constexpr std::string_view kHangul = "HANGUL SYLLABLE ";

std::string unpack() {
  const PackedNames names = packed_character_names();
  std::string text(names.num_bytes, '\0');
  uLongf size = text.size();
  const int status =
      uncompress(reinterpret_cast<Bytef*>(text.data()), &size, names.data, names.num_packed_bytes);
  OCTAVO_ASSERT(status == Z_OK && size == text.size());
  return text;
}

/// Every line begins after a newline and ends with one.
const std::string& all_names() {
  static const std::string names = unpack();
  return names;
}

std::uint32_t read_hex(std::string_view digits, std::size_t& num_read) {
  std::uint32_t value = 0;
  num_read = static_cast<std::size_t>(
      std::from_chars(digits.data(), digits.data() + digits.size(), value, 16).ptr - digits.data());
  return value;
}

/// An ideograph has its number for a name: 4 or 5 digits, in capitals.
std::optional<char32_t> ideograph(std::string_view digits) {
  const bool is_number = (digits.size() == 4 || digits.size() == 5) &&
                         digits.find_first_not_of("0123456789ABCDEF") == std::string_view::npos;
  if (!is_number) return std::nullopt;
  std::size_t num_read = 0;
  const std::uint32_t value = read_hex(digits, num_read);
  const std::string_view names = all_names();
  const std::string line = "\n" + std::string(kIdeograph) + "\t";
  for (std::size_t at = names.find(line); at != std::string_view::npos;) {
    const std::string_view range = names.substr(at + line.size());
    const std::uint32_t first = read_hex(range, num_read);
    const std::uint32_t last = read_hex(range.substr(num_read + 1), num_read);
    if (value >= first && value <= last) return value;
    at = names.find(line, at + 1);
  }
  return std::nullopt;
}

std::string upper(std::string_view name) {
  std::string out(name);
  std::ranges::transform(out, out.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  });
  return out;
}

}  // namespace

std::optional<char32_t> character_named(std::string_view name) {
  if (name.starts_with(kIdeograph)) return ideograph(name.substr(kIdeograph.size()));
  const std::string capitals = upper(name);
  if (capitals.starts_with(kHangul) && name != capitals) return std::nullopt;
  if (capitals.starts_with(kIdeograph)) return std::nullopt;
  if (name.find_first_of("\t\n") != std::string_view::npos) return std::nullopt;
  const std::string line = "\n" + capitals + "\t";
  const std::string_view names = all_names();
  const std::size_t at = names.find(line);
  if (at == std::string_view::npos) return std::nullopt;
  std::size_t num_read = 0;
  return read_hex(names.substr(at + line.size()), num_read);
}

}  // namespace octavo::jinja
