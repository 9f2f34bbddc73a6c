#include "src/text/normalizer.hpp"

#include <utf8proc.h>

#include <algorithm>
#include <boost/json.hpp>
#include <iterator>

#include "src/text/tokenizer_json.hpp"
#include "src/text/utf8.hpp"

namespace octavo::text {
namespace {

using CodePoint = utf8proc_int32_t;

std::vector<CodePoint> decompose(std::string_view text, bool compatibility) {
  const int options = UTF8PROC_DECOMPOSE | (compatibility ? UTF8PROC_COMPAT : 0);
  std::vector<CodePoint> out;
  out.reserve(text.size());
  while (!text.empty()) {
    const Utf8Unit unit = read_utf8(text);
    text.remove_prefix(unit.length);
    CodePoint parts[32] = {};
    int boundary = 0;
    const auto num =
        utf8proc_decompose_char(static_cast<CodePoint>(unit.character), parts, std::ssize(parts),
                                static_cast<utf8proc_option_t>(options), &boundary);
    if (num < 0 || num > std::ssize(parts)) {
      out.push_back(static_cast<CodePoint>(unit.character));
    } else {
      out.insert(out.end(), parts, parts + num);
    }
  }
  return out;
}

/// The canonical ordering of Unicode 15, section 3.11. The library's own is quadratic in the
/// length of a run of marks.
void order_marks(std::vector<CodePoint>& text) {
  const auto mark_class = [](CodePoint c) { return utf8proc_get_property(c)->combining_class; };
  for (auto it = text.begin(); it != text.end();) {
    if (mark_class(*it) == 0) {
      ++it;
      continue;
    }
    const auto end = std::find_if(it, text.end(), [&](CodePoint c) { return mark_class(c) == 0; });
    std::stable_sort(it, end,
                     [&](CodePoint a, CodePoint b) { return mark_class(a) < mark_class(b); });
    it = end;
  }
}

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

/// Where the last character of text begins; text is not empty.
std::size_t last_of(std::string_view text) {
  std::size_t at = text.size() - 1;
  while (at > 0 && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U) --at;
  return at;
}

/// Each character as `append` writes it.
template <typename Append>
void map_characters(Normalized& text, Append append) {
  std::string out;
  out.reserve(text.text.size());
  std::optional<std::size_t> first;
  for (std::size_t at = 0; at < text.text.size();) {
    const Utf8Unit unit = read_utf8(std::string_view(text.text).substr(at));
    const std::size_t size = out.size();
    append(out, unit.character);
    if (out.size() > size && text.first && at <= *text.first) first = last_of(out);
    at += unit.length;
  }
  text = {std::move(out), first};
}

/// As Rust does: without the neighbours, so that a sigma at the end of a word is like any other.
void append_lower(std::string& out, char32_t c) {
  constexpr char32_t kCapitalDottedI = 0x130;
  if (c == kCapitalDottedI) {
    out += "i\u0307";
  } else {
    append_utf8(out, static_cast<char32_t>(utf8proc_tolower(static_cast<CodePoint>(c))));
  }
}

void drop(Normalized& text, bool (*is_dropped)(char32_t)) {
  map_characters(text, [is_dropped](std::string& out, char32_t c) {
    if (!is_dropped(c)) append_utf8(out, c);
  });
}

utf8proc_category_t category_of(char32_t c) { return utf8proc_category(static_cast<CodePoint>(c)); }

/// Controls, formats and private characters, apart from the blanks among them.
bool is_dropped_by_bert(char32_t c) {
  if (c == '\t' || c == '\n' || c == '\r') return false;
  const utf8proc_category_t category = category_of(c);
  return c == 0xFFFD || category == UTF8PROC_CATEGORY_CC || category == UTF8PROC_CATEGORY_CF ||
         category == UTF8PROC_CATEGORY_CO;
}

/// The blocks of Chinese characters, as BERT's own code lists them.
bool is_chinese(char32_t c) {
  return (c >= 0x4E00 && c <= 0x9FFF) || (c >= 0x3400 && c <= 0x4DBF) ||
         (c >= 0x20000 && c <= 0x2A6DF) || (c >= 0x2A700 && c <= 0x2B81F) ||
         (c >= 0x2B920 && c <= 0x2CEAF) || (c >= 0xF900 && c <= 0xFAFF) ||
         (c >= 0x2F800 && c <= 0x2FA1F);
}

void strip(Normalized& text, bool left, bool right) {
  std::size_t begin = 0;
  const std::string_view all = text.text;
  while (left && begin < all.size()) {
    const Utf8Unit unit = read_utf8(all.substr(begin));
    if (!is_white_space(unit.character)) break;
    begin += unit.length;
  }
  std::size_t end = all.size();
  while (right && end > begin) {
    const std::size_t at = last_of(all.substr(0, end));
    if (!is_white_space(read_utf8(all.substr(at)).character)) break;
    end = at;
  }
  const bool keeps_first = text.first && *text.first >= begin && end > begin;
  std::string kept(all.substr(begin, end - begin));
  if (keeps_first) text.first = std::min(*text.first - begin, last_of(kept));
  if (!keeps_first) text.first.reset();
  text.text = std::move(kept);
}

void bring_into(UnicodeForm form, Normalized& text) {
  if (is_ascii(text.text)) return;
  std::string out = to_unicode_form(text.text, form);
  if (text.first) {
    // As many characters as those of the first one alone become.
    const std::string_view all = text.text;
    const std::size_t end = *text.first + read_utf8(all.substr(*text.first)).length;
    const std::string alone = to_unicode_form(all.substr(0, end), form);
    std::size_t at = 0;
    for (std::size_t num = count_characters(alone); num > 1 && at < out.size(); --num)
      at += read_utf8(std::string_view(out).substr(at)).length;
    text.first = at < out.size() ? at : last_of(out);
  }
  text.text = std::move(out);
}

}  // namespace

std::string to_unicode_form(std::string_view text, UnicodeForm form) {
  if (is_ascii(text)) return std::string(text);
  const bool compatibility = form == UnicodeForm::kNfkc || form == UnicodeForm::kNfkd;
  std::vector<CodePoint> points = decompose(text, compatibility);
  order_marks(points);
  if (form == UnicodeForm::kNfc || form == UnicodeForm::kNfkc) {
    const auto num = utf8proc_normalize_utf32(
        points.data(), std::ssize(points),
        static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE));
    if (num >= 0) points.resize(static_cast<std::size_t>(num));
  }
  std::string out;
  out.reserve(text.size());
  for (const CodePoint c : points) append_utf8(out, static_cast<char32_t>(c));
  return out;
}

Normalizer Normalizer::parse(const boost::json::value& spec) {
  Normalizer normalizer;
  if (!spec.is_null()) normalizer.add(spec);
  return normalizer;
}

void Normalizer::add(const boost::json::value& spec) {
  JsonReader part = part_reader("normalizer", spec);
  const std::string type = part.text("type");
  if (type == "Sequence") {
    for (const auto& each : part.array("normalizers")) add(each);
  } else if (type == "NFC") {
    steps_.emplace_back(UnicodeForm::kNfc);
  } else if (type == "NFD") {
    steps_.emplace_back(UnicodeForm::kNfd);
  } else if (type == "NFKC") {
    steps_.emplace_back(UnicodeForm::kNfkc);
  } else if (type == "NFKD") {
    steps_.emplace_back(UnicodeForm::kNfkd);
  } else if (type == "Replace") {
    JsonReader pattern(part.object("pattern"), part, "pattern");
    steps_.emplace_back(
        Replace{read_pattern(part), part.text("content"), pattern.text("String", "").size()});
  } else if (type == "Prepend") {
    steps_.emplace_back(Prepend{part.text("prepend")});
  } else if (type == "Lowercase") {
    steps_.emplace_back(Lowercase{});
  } else if (type == "StripAccents") {
    steps_.emplace_back(StripAccents{});
  } else if (type == "Strip") {
    steps_.emplace_back(Strip{part.flag("strip_left", true), part.flag("strip_right", true)});
  } else if (type == "BertNormalizer") {
    add_bert(part);
  } else {
    fail_unsupported("The normalizer '" + type + "' is not supported.");
  }
}

void Normalizer::add_bert(JsonReader& part) {
  Bert step;
  step.cleans = part.flag("clean_text", true);
  step.sets_chinese_apart = part.flag("handle_chinese_chars", true);
  step.lowers = part.flag("lowercase", true);
  std::optional<bool> strips_accents;
  part.read("strip_accents", strips_accents);
  step.strips_accents = strips_accents.value_or(step.lowers);
  steps_.emplace_back(step);
}

void Normalizer::run(const Bert& step, Normalized& text) {
  if (step.cleans) {
    map_characters(text, [](std::string& out, char32_t c) {
      if (!is_dropped_by_bert(c)) append_utf8(out, is_white_space(c) ? U' ' : c);
    });
  }
  if (step.sets_chinese_apart) {
    map_characters(text, [](std::string& out, char32_t c) {
      const bool apart = is_chinese(c);
      if (apart) out.push_back(' ');
      append_utf8(out, c);
      if (apart) out.push_back(' ');
    });
  }
  if (step.strips_accents) {
    bring_into(UnicodeForm::kNfd, text);
    drop(text, [](char32_t c) { return category_of(c) == UTF8PROC_CATEGORY_MN; });
  }
  if (step.lowers) map_characters(text, append_lower);
}

// What takes the place of a match stands where the last character of the match did, and what is put
// between two characters where the one before does.
void Normalizer::run(const Replace& step, Normalized& text) {
  const std::string_view all = text.text;
  std::string out;
  std::optional<std::size_t> first;
  std::size_t done = 0;
  const auto stands_first = [&](std::size_t end) {
    return end == 0 || (text.first && last_of(all.substr(0, end)) <= *text.first);
  };
  const auto keep_to = [&](std::size_t end) {
    const bool has_first = text.first && *text.first >= done && end > done;
    if (has_first) {
      const std::size_t last = std::min(*text.first, last_of(all.substr(0, end)));
      first = out.size() + (last - done);
    }
    out.append(all.substr(done, end - done));
  };
  const bool is_whole = step.pattern.for_each_match(all, [&](ByteRange match) {
    keep_to(match.begin);
    out += step.content;
    if (!step.content.empty() && stands_first(match.end)) first = last_of(out);
    done = match.end;
  });
  if (!is_whole) throw took_too_long();
  keep_to(all.size());
  text = {std::move(out), first};
}

void Normalizer::run(const Step& step, Normalized& text) {
  if (text.text.empty()) return;
  if (const auto* form = std::get_if<UnicodeForm>(&step)) {
    bring_into(*form, text);
  } else if (const auto* prepend = std::get_if<Prepend>(&step)) {
    if (prepend->prefix.empty()) return;
    text.first = text.first ? prepend->prefix.size() + *text.first : last_of(prepend->prefix);
    text.text.insert(0, prepend->prefix);
  } else if (const auto* replace = std::get_if<Replace>(&step)) {
    run(*replace, text);
  } else if (std::holds_alternative<Lowercase>(step)) {
    map_characters(text, append_lower);
  } else if (std::holds_alternative<StripAccents>(step)) {
    drop(text, is_mark);
  } else if (const auto* bert = std::get_if<Bert>(&step)) {
    run(*bert, text);
  } else {
    const auto& sides = std::get<Strip>(step);
    strip(text, sides.left, sides.right);
  }
}

// The longest character has four bytes and the shortest one, and decomposing keeps at least one for
// each. Composing makes three bytes of nine at most: a Hangul syllable.
std::size_t Normalizer::shrink_of(const Step& step) {
  constexpr std::size_t kLongestCharacter = 4;
  constexpr std::size_t kMostComposed = 3;
  if (const auto* form = std::get_if<UnicodeForm>(&step)) {
    const bool composes = *form == UnicodeForm::kNfc || *form == UnicodeForm::kNfkc;
    return kLongestCharacter * (composes ? kMostComposed : 1);
  }
  if (const auto* replace = std::get_if<Replace>(&step)) {
    if (replace->max_bytes == 0 || replace->content.empty()) return 0;
    return (replace->max_bytes + replace->content.size() - 1) / replace->content.size();
  }
  if (std::holds_alternative<Lowercase>(step)) return kLongestCharacter;
  const bool drops =
      std::holds_alternative<StripAccents>(step) || std::holds_alternative<Bert>(step);
  return drops ? 0 : 1;
}

std::optional<std::size_t> Normalizer::max_shrink() const {
  std::size_t shrink = 1;
  for (const Step& step : steps_) shrink *= shrink_of(step);
  return shrink == 0 ? std::nullopt : std::optional(shrink);
}

bool Normalizer::strips_blanks() const {
  return std::any_of(steps_.begin(), steps_.end(),
                     [](const Step& step) { return std::holds_alternative<Strip>(step); });
}

Normalized Normalizer::apply(std::string text) const {
  Normalized normalized{std::move(text)};
  for (const Step& step : steps_) run(step, normalized);
  return normalized;
}

}  // namespace octavo::text
