#include "src/text/regex.hpp"

#include <algorithm>
#include <array>

#include "src/text/character_matcher.hpp"
#include "src/text/onig_matcher.hpp"
#include "src/text/pcre2_matcher.hpp"
#include "src/text/utf8.hpp"

namespace octavo::text {
namespace {

using std::chrono::nanoseconds;

/// What slow searches of one text may take: a second and more for each 200 KB.
constexpr nanoseconds kBasePatience = std::chrono::milliseconds(200);
constexpr nanoseconds kPatiencePerByte = std::chrono::microseconds(5);

/// The patterns of the best-known tokenizers.
constexpr std::array<std::string_view, 8> kKnownPatterns = {
    // GPT-2, and what ByteLevel does by itself.
    R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)",
    // Llama 3.
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
    // Qwen2 and Qwen3.
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
    // The same with the option spelled out for each letter, as some converters write it.
    R"((?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
    // o200k.
    R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
    // Mistral's Tekken.
    R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
    // Numbers, three digits at a time or one by one, as a step of its own.
    R"(\p{N}{1,3})",
    R"(\p{N})",
};

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (std::size_t at = text.find(from); at != std::string::npos;
       at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
}

class LiteralMatcher : public Matcher {
 public:
  explicit LiteralMatcher(std::string_view text) : text_(text) {}

  FindResult find(std::string_view text, std::size_t from, nanoseconds&,
                  ByteRange& match) const override {
    const std::size_t at = text.find(text_, from);
    if (at == std::string_view::npos) return FindResult::kNothing;
    match = {at, at + text_.size()};
    return FindResult::kMatch;
  }

 private:
  std::string text_;
};

}  // namespace

// White space is a property that PCRE2's `\s` differs from: that still counts U+180E.
std::string known_pattern(std::string_view pattern) {
  if (std::ranges::find(kKnownPatterns, pattern) == kKnownPatterns.end()) return {};
  std::string translated(pattern);
  replace_all(translated, "\\s", "\\p{WSpace}");
  replace_all(translated, "\\S", "\\P{WSpace}");
  return translated;
}

Error took_too_long() {
  return {Errc::kInvalidValue,
          "the tokenizer's regular expression takes too long on this text: send a shorter or "
          "less repetitive one",
          "input"};
}

Result<Regex> Regex::compile(const std::string& pattern) {
  if (const std::string known = known_pattern(pattern); !known.empty()) {
    return Regex(Pcre2Matcher::compile(known));
  }
  auto matcher = OnigMatcher::compile(pattern);
  if (!matcher) return matcher.error();
  return Regex(std::move(*matcher));
}

Regex Regex::literal(std::string_view text) {
  return Regex(std::make_shared<LiteralMatcher>(text));
}

Regex Regex::characters(bool (*is_member)(char32_t)) {
  return Regex(std::make_shared<CharacterMatcher>(is_member));
}

Regex Regex::words() { return Regex(std::make_shared<WordMatcher>()); }

bool Regex::for_each_match(std::string_view text,
                           const std::function<void(ByteRange)>& on_match) const {
  if (text.empty()) return true;
  nanoseconds patience = kBasePatience + kPatiencePerByte * text.size();
  std::size_t at = 0;
  std::size_t done = 0;
  bool is_first = true;
  while (at <= text.size()) {
    ByteRange match;
    const FindResult found = matcher_->find(text, at, patience, match);
    if (found == FindResult::kNothing) return true;
    // A look-ahead can put the start of a match after its end, or before the match ahead of it.
    if (found == FindResult::kGaveUp || match.begin > match.end || match.begin < done) return false;
    if (match.empty() && !is_first && match.end == done) {
      at += at < text.size() ? read_utf8(text.substr(at)).length : 1;
      continue;
    }
    on_match(match);
    at = done = match.end;
    is_first = false;
  }
  return true;
}

}  // namespace octavo::text
