// What a client wants an answer to be, as it was asked for.
#pragma once

#include <cstdint>
#include <string>

namespace octavo {

enum class OutputKind : std::uint8_t {
  kText,        ///< Anything.
  kJsonObject,  ///< One JSON object.
  kJsonSchema,  ///< JSON by the schema in `source`.
  kRegex,       ///< A text that all of the expression in `source` matches.
  kGrammar,     ///< A text of the grammar in `source`: EBNF with the rule `root`.
  kTags,  ///< xgrammar's structural tags in `source`: text with marked parts that have formats.
};

struct OutputFormat {
  OutputKind kind = OutputKind::kText;
  std::string source;
  bool is_strict = false;  ///< Objects and lists have what the schema names, nothing more.
  std::string param;       ///< The member that asked for it, for errors.

  friend bool operator==(const OutputFormat&, const OutputFormat&) = default;
};

}  // namespace octavo
