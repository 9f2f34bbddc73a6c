// Characters by their Unicode names, as Python's "\N{BULLET}" writes them.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace octavo::jinja {

/// Lines of names, packed by zlib when the project was built; see embed_character_names.py.
struct PackedNames {
  const unsigned char* data;
  std::size_t num_packed_bytes;
  std::size_t num_bytes;  ///< Unpacked.
};

PackedNames packed_character_names();

/// The character of a name or an alias of it; like Python it takes small letters too, except in the
/// names of Hangul syllables and ideographs. Nothing where no character has the name. The first
/// call unpacks all names.
std::optional<char32_t> character_named(std::string_view name);

}  // namespace octavo::jinja
