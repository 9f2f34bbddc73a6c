#include "protocol/request_path.hpp"

#include <charconv>

namespace octavo {
namespace {

/// The byte that two hexadecimal digits stand for.
std::optional<char> byte_of(std::string_view digits) {
  unsigned value = 0;
  const char* const end = digits.data() + digits.size();
  const auto [rest, error] = std::from_chars(digits.data(), end, value, 16);
  if (digits.size() != 2 || error != std::errc() || rest != end || value == 0) return std::nullopt;
  return static_cast<char>(static_cast<unsigned char>(value));
}

}  // namespace

std::optional<std::string> decoded(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      plain += text[i];
      continue;
    }
    const auto byte = byte_of(text.substr(i + 1, 2));
    if (!byte) return std::nullopt;
    plain += *byte;
    i += 2;
  }
  return plain;
}

std::optional<std::string> decoded_path(std::string_view target) {
  return decoded(target.substr(0, target.find_first_of("?#")));
}

}  // namespace octavo
