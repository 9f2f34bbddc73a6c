// Merging must not cross the borders of words: cuts normalized text into the pieces that the
// vocabulary was learned on.
#pragma once

#include <boost/json/value.hpp>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "src/text/regex.hpp"

namespace octavo {
class JsonReader;
}

namespace octavo::text {

/// Pieces of text; `storage` owns those that are not parts of the input.
struct Pieces {
  std::vector<std::string_view> views;
  std::deque<std::string> storage;
  bool begins_text = false;  ///< The first piece begins where the whole input begins.
};

/// What becomes of a match of a Split's pattern.
enum class SplitBehavior : std::uint8_t {
  kRemoved,
  kIsolated,
  kMergedWithPrevious,
  kMergedWithNext,
  kContiguous
};

/// When Metaspace puts its replacement before a piece.
enum class PrependScheme : std::uint8_t { kAlways, kFirst, kNever };

class PreTokenizer {
 public:
  /// spec: the member `pre_tokenizer` of a tokenizer.json; null leaves text whole. Throws `Error`.
  static PreTokenizer parse(const boost::json::value& spec);

  /// valid_utf8 must outlive the result. at_start: it begins where the whole input begins. Throws
  /// `Error` kInvalidValue where a pattern gives the text up.
  Pieces split(std::string_view valid_utf8, bool at_start) const;

  /// The pieces are to be read as bytes, not as characters: the last step is ByteLevel.
  bool is_byte_level() const { return is_byte_level_; }
  /// Parts of a text may be in no piece.
  bool removes_text() const;

 private:
  struct Split {
    Regex pattern;
    SplitBehavior behavior;
    bool invert;
  };
  struct PrefixSpace {};
  struct Metaspace {
    std::string replacement;
    PrependScheme prepend;
    Regex pattern;  ///< Matches the replacement.
    bool split;
  };
  using Step = std::variant<Split, PrefixSpace, Metaspace>;

  void add(const boost::json::value& spec);
  void add_split(Regex pattern, SplitBehavior behavior);
  void add_byte_level(JsonReader& part);
  void add_metaspace(JsonReader& part);
  static std::string_view with_metaspace(const Metaspace& step, std::string_view piece,
                                         bool is_first, Pieces& pieces);
  static void run(const Step& step, Pieces& pieces);

  std::vector<Step> steps_;
  bool is_byte_level_ = false;
};

}  // namespace octavo::text
