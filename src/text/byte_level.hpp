// Byte-level vocabularies write each byte as one printable character, so that JSON can hold them.
// Octavo works on the bytes themselves: this is the translation.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace octavo::text {

/// The bytes that a piece of a byte-level vocabulary stands for; nothing when it has a character
/// outside the alphabet. Source: GPT-2's `bytes_to_unicode`.
std::optional<std::string> decode_byte_level(std::string_view piece);

}  // namespace octavo::text
