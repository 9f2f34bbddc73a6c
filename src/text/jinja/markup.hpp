// HTML in texts: tags, character references, and links around addresses.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "src/text/jinja/text.hpp"
#include "src/text/jinja/value.hpp"

namespace octavo::jinja {

/// Without comments and tags, runs of blanks as one, references as what they stand for.
Text strip_tags(const Text& text);
/// `&lt;`, `&#60;` and `&#x3c;` as `<`. Knows the names of HTML 4.
Text unescape_html(const Text& text);
/// The character of a reference's name, 0 where it has none.
char32_t html_character(std::string_view name);

struct LinkOptions {
  std::optional<Value> trim_limit;  ///< Characters of an address that are shown, an integer.
  Text attributes;  ///< Written into each link's tag: ` name="value"`, again and again.
  std::vector<Text> extra_schemes;
};
/// Links around what looks like an address. escaped: a text that is escaped already.
Text make_links(const Text& escaped, const LinkOptions& options);
/// Such as `tel:` or `ftp://`.
bool is_scheme(std::string_view text);

}  // namespace octavo::jinja
