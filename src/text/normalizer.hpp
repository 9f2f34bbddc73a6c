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

namespace octavo::text {

enum class UnicodeForm : std::uint8_t { kNfc, kNfd, kNfkc, kNfkd };

/// O(n log n) in the text, also for long runs of combining marks.
std::string to_unicode_form(std::string_view valid_utf8, UnicodeForm form);

class Normalizer {
 public:
  /// spec: the member `normalizer` of a tokenizer.json; null does nothing. Throws `Error`.
  static Normalizer parse(const boost::json::value& spec);

  std::string apply(std::string text) const;

 private:
  struct Replace {
    Regex pattern;
    std::string content;
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
  using Step = std::variant<UnicodeForm, Replace, Prepend, Lowercase, StripAccents, Strip>;

  void add(const boost::json::value& spec);
  static std::string run(const Step& step, std::string text);

  std::vector<Step> steps_;
};

}  // namespace octavo::text
