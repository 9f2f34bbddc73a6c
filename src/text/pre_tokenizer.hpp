// Merging must not cross the borders of words: cuts normalized text into the pieces that the
// vocabulary was learned on.
#pragma once

#include <boost/json/value.hpp>
#include <cstdint>
#include <deque>
#include <optional>
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
  /// So many pieces stand where the whole input begins, most often one or none; in the last of them
  /// this holds up to the character that begins at `first`.
  std::size_t num_first = 0;
  std::size_t first = 0;
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

  /// valid_utf8 must outlive the result. first: where its last character begins that stands for the
  /// first one of the whole input, if it has one. Throws `Error` kInvalidValue where a pattern
  /// gives the text up.
  Pieces split(std::string_view valid_utf8, std::optional<std::size_t> first) const;

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
  /// A piece, and in it what `Pieces::first` says.
  struct Placed {
    std::string_view text;
    std::optional<std::size_t> first;
  };
  static Placed with_metaspace(const Metaspace& step, const Placed& piece, Pieces& pieces);
  static Placed with_prefix_space(const Placed& piece, Pieces& pieces);
  static void run(const Step& step, Pieces& pieces);

  std::vector<Step> steps_;
  bool is_byte_level_ = false;
};

}  // namespace octavo::text
