// A vocabulary was learned on text in one normal form; input must be brought into the same form
// before it is cut into tokens.
#pragma once

#include <boost/json/value.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "src/text/regex.hpp"

namespace octavo {
class JsonReader;
}

namespace octavo::text {

enum class UnicodeForm : std::uint8_t { kNfc, kNfd, kNfkc, kNfkd };

/// O(n log n) in the text, also for long runs of combining marks.
std::string to_unicode_form(std::string_view valid_utf8, UnicodeForm form);

/// A text in its normal form. A pre-tokenizer may treat what stands for the first character of the
/// whole input in its own way, and normalizing may make several characters of it, or none.
struct Normalized {
  std::string text;
  /// Where the last character begins that stands for the first one of the input.
  std::optional<std::size_t> first = 0;
};

class Normalizer {
 public:
  /// spec: the member `normalizer` of a tokenizer.json; null does nothing. Throws `Error`.
  static Normalizer parse(const boost::json::value& spec);

  /// Throws `Error` kInvalidValue where a pattern gives the text up.
  Normalized apply(std::string valid_utf8) const;

  /// How many bytes of a text, blanks that are stripped from its ends apart, may become one.
  /// Nothing when any number may.
  std::optional<std::size_t> max_shrink() const;
  bool strips_blanks() const;

 private:
  struct Replace {
    Regex pattern;
    std::string content;
    std::size_t max_bytes;  ///< The longest match of the pattern; 0 when it has no bound.
  };
  struct Prepend {
    std::string prefix;
  };
  struct Lowercase {};
  struct StripAccents {};
  struct Strip {
    bool left = true;
    bool right = true;
  };
  struct Bert {
    bool cleans = true;
    bool sets_chinese_apart = true;
    bool strips_accents = true;
    bool lowers = true;
  };
  using Step = std::variant<UnicodeForm, Replace, Prepend, Lowercase, StripAccents, Strip, Bert>;

  void add(const boost::json::value& spec);
  void add_bert(JsonReader& part);
  static void run(const Step& step, Normalized& text);
  static void run(const Replace& step, Normalized& text);
  static void run(const Bert& step, Normalized& text);
  static std::size_t shrink_of(const Step& step);

  std::vector<Step> steps_;
};

}  // namespace octavo::text
