// The pieces of a vocabulary are written in an alphabet of their own: the steps by which a
// tokenizer's file makes text of them.
#pragma once

#include <boost/json/value.hpp>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "src/text/regex.hpp"

namespace octavo {
class JsonReader;
}

namespace octavo::text {

/// Pieces in the byte-level alphabet become the bytes of one text.
struct ByteLevelStep {};
/// Pieces such as `<0xE4>` become bytes, and those in a row one piece.
struct ByteFallbackStep {};
/// All pieces become one.
struct FuseStep {};
struct ReplaceStep {
  Regex pattern;
  std::string literal;  ///< The text that is replaced; empty where the pattern is no plain text.
  std::string content;
};
/// Takes `character` off both ends of each piece, at most so many times.
struct StripStep {
  std::string character;
  int start = 0;
  int stop = 0;
};
/// Each `replacement` becomes a blank; those in the first piece vanish where `drops_first`.
struct MetaspaceStep {
  std::string replacement;
  bool drops_first = false;
};
using DecodeStep =
    std::variant<ByteLevelStep, ByteFallbackStep, FuseStep, ReplaceStep, StripStep, MetaspaceStep>;

/// Immutable; safe to use from several threads. `DecodeStream` runs it over the pieces of a text.
class PieceDecoder {
 public:
  /// spec: the member `decoder` of a tokenizer.json. Refused is what needs the whole text before it
  /// can write its beginning. Throws `Error`.
  static PieceDecoder parse(const boost::json::value& spec);

  const std::vector<DecodeStep>& steps() const { return steps_; }

  /// The bytes that a piece stands for by itself, in the middle of a text.
  std::string bytes_of(std::string_view piece) const;

 private:
  void add(const boost::json::value& spec);
  void add_replace(JsonReader& part);
  void add_strip(JsonReader& part);
  void add_metaspace(JsonReader& part);
  void refuse_if(bool is_late, std::string_view type) const;

  std::vector<DecodeStep> steps_;
  bool has_runs_ = false;   ///< A piece may come in parts: bytes in a row.
  bool is_joined_ = false;  ///< There is one piece, which is the whole text.
};

std::string replace_text(std::string_view text, std::string_view from, std::string_view to);
/// Every match in valid_utf8 is replaced; where the pattern gives up, none.
std::string replaced(const ReplaceStep& step, std::string_view valid_utf8);

}  // namespace octavo::text
