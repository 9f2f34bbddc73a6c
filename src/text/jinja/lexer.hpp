// A template is text with tags in it: cuts it into text and tokens, with Jinja's rules for the
// white space around tags (trim_blocks and lstrip_blocks on, one newline at the end dropped).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace octavo::jinja {

enum class TokenKind : std::uint8_t {
  kData,
  kBlockBegin,
  kBlockEnd,
  kOutputBegin,
  kOutputEnd,
  kName,
  kString,
  kInteger,
  kFloat,
  kOperator,
  kEnd
};

struct Token {
  TokenKind kind = TokenKind::kEnd;
  std::string text;  ///< Strings without quotes and escapes.
  int line = 1;
};

/// Throws `TemplateFault`. source: valid UTF-8. The last token is kEnd.
std::vector<Token> tokenize(std::string_view source);

}  // namespace octavo::jinja
