#include "src/text/onig_dialect.hpp"

#include <algorithm>
#include <vector>

namespace octavo::text {
namespace {

constexpr std::string_view kLineEnd = R"((?>\x0D\x0A|[\x0A-\x0D\x{85}\x{2028}\x{2029}]))";
constexpr std::string_view kSigns = R"(\p{P}\p{S})";

/// Walks over a pattern and knows where it is: in brackets, behind a group's parenthesis.
class Translator {
 public:
  explicit Translator(std::string_view pattern) : rest_(pattern) {}

  std::string translate() {
    while (!rest_.empty()) step();
    return std::move(out_);
  }

 private:
  void step() {
    if (rest_.front() == '\\') {
      take_escape();
    } else if (rest_.front() == '[') {
      take_bracket();
    } else if (rest_.front() == ']' && bracket_depth_ > 0) {
      --bracket_depth_;
      copy(1);
    } else if (bracket_depth_ == 0) {
      take_outside();
    } else {
      copy(1);
    }
  }

  void copy(std::size_t num) {
    num = std::min(num, rest_.size());
    out_ += rest_.substr(0, num);
    rest_.remove_prefix(num);
  }

  void replace(std::size_t num, std::string_view with) {
    out_ += with;
    rest_.remove_prefix(num);
  }

  void replace_by_set(std::size_t num, bool negated) {
    const bool needs_brackets = negated || bracket_depth_ == 0;
    const std::string open = negated ? "[^" : "[";
    replace(num, needs_brackets ? open + std::string(kSigns) + "]" : std::string(kSigns));
  }

  void take_outside() {
    if (rest_.starts_with("(?#")) {
      copy(rest_.find(')') == std::string_view::npos ? rest_.size() : rest_.find(')') + 1);
      return;
    }
    if (rest_.front() == '(') {
      const bool looks_behind = rest_.starts_with("(?<=") || rest_.starts_with("(?<!");
      groups_.push_back(looks_behind || is_behind());
    } else if (rest_.front() == ')' && !groups_.empty()) {
      groups_.pop_back();
    }
    copy(1);
  }

  void take_bracket() {
    if (bracket_depth_ > 0 && rest_.starts_with("[:")) {
      const std::size_t end = rest_.find(":]");
      const std::string_view name = rest_.substr(2, end == std::string_view::npos ? 0 : end - 2);
      if (name == "punct" || name == "^punct") {
        replace_by_set(end + 2, name.front() == '^');
        return;
      }
      if (std::ranges::all_of(name, [](char c) { return c == '^' || (c >= 'a' && c <= 'z'); }) &&
          !name.empty()) {
        copy(end + 2);
        return;
      }
    }
    ++bracket_depth_;
    copy(1);
    if (rest_.starts_with('^')) copy(1);
    // A bracket that closes at once is a character, when another one follows.
    if (rest_.starts_with(']') && rest_.find(']', 1) != std::string_view::npos) copy(1);
  }

  void take_escape() {
    const char kind = rest_.size() > 1 ? rest_[1] : '\0';
    if (kind == 'R' && bracket_depth_ == 0 && !is_behind()) {
      replace(2, kLineEnd);
    } else if (kind == 'p' || kind == 'P') {
      take_property(kind == 'P');
    } else if (kind == 'c') {
      copy(3);
    } else if (kind == 'C' || kind == 'M') {
      copy(4);
    } else {
      copy(2);
    }
  }

  void take_property(bool negated) {
    const std::size_t end = rest_.find('}');
    if (!rest_.substr(2).starts_with('{') || end == std::string_view::npos) {
      copy(2);
      return;
    }
    std::string name;
    for (const char c : rest_.substr(3, end - 3)) {
      if (c == ' ' || c == '_' || c == '-') continue;
      name.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c);
    }
    if (name.starts_with('^')) {
      negated = !negated;
      name.erase(0, 1);
    }
    if (name == "word" && bracket_depth_ == 0) {
      replace(end + 1, negated ? "\\W" : "\\w");
    } else if (name == "posixpunct") {
      replace_by_set(end + 1, negated);
    } else {
      copy(end + 1);
    }
  }

  bool is_behind() const { return !groups_.empty() && groups_.back(); }

  std::string_view rest_;
  std::string out_;
  int bracket_depth_ = 0;
  std::vector<bool> groups_;  ///< Those that are open; true within a look-behind.
};

}  // namespace

std::string in_todays_dialect(std::string_view pattern) {
  std::string translated = Translator(pattern).translate();
  const auto has = [&](std::string_view part) {
    return translated.find(part) != std::string::npos;
  };
  const bool looks_behind = has("(?<=") || has("(?<!");
  if (looks_behind && (has("\\Z") || has("\\z"))) translated.insert(0, "(?!)|");
  return translated;
}

}  // namespace octavo::text
