#include "src/text/jinja/text.hpp"

#include <utf8proc.h>

#include <algorithm>

#include "src/text/jinja/fault.hpp"
#include "src/text/utf8.hpp"

namespace octavo::jinja {
namespace {

using octavo::append_utf8;
using octavo::read_utf8;

/// Longer than any prompt; bounds what a template can make of a few bytes.
constexpr std::size_t kMaxTextBytes = 32U << 20U;

std::string encode(utf8proc_int32_t character) {
  std::string out;
  append_utf8(out, static_cast<char32_t>(character));
  return out;
}

bool is_letter(utf8proc_int32_t character) {
  const utf8proc_category_t category = utf8proc_category(character);
  return category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO;
}

/// map(character, whether the one before was a letter).
Text map_letters(const Text& text,
                 const std::function<utf8proc_int32_t(utf8proc_int32_t, bool)>& map) {
  Text out;
  bool after_letter = false;
  text.for_each_character([&](std::string_view bytes, bool trusted) {
    const auto character = static_cast<utf8proc_int32_t>(read_utf8(bytes).character);
    out.append(encode(map(character, after_letter)), trusted);
    after_letter = is_letter(character);
  });
  return out;
}

}  // namespace

void Text::append(std::string_view bytes, bool trusted) {
  if (bytes.empty()) return;
  if (bytes_.size() + bytes.size() > kMaxTextBytes) fail("A string is too long.");
  bytes_ += bytes;
  if (!runs_.empty() && runs_.back().trusted == trusted) {
    runs_.back().end = bytes_.size();
  } else {
    runs_.push_back({bytes_.size(), trusted});
  }
}

void Text::append(const Text& other) {
  std::size_t begin = 0;
  const std::size_t num_runs = other.runs_.size();
  for (std::size_t i = 0; i < num_runs; ++i) {
    const Run run = other.runs_[i];
    append(std::string_view(other.bytes_).substr(begin, run.end - begin), run.trusted);
    begin = run.end;
  }
}

Text Text::part(std::size_t begin, std::size_t end) const {
  Text out;
  auto run = std::ranges::upper_bound(runs_, begin, {}, &Run::end);
  while (begin < end) {
    const std::size_t stop = std::min(end, run->end);
    out.append(std::string_view(bytes_).substr(begin, stop - begin), run->trusted);
    begin = stop;
    ++run;
  }
  return out;
}

void Text::for_each_character(const std::function<void(std::string_view, bool)>& visit) const {
  std::size_t at = 0;
  for (const Run& run : runs_) {
    while (at < run.end) {
      const std::string_view rest = std::string_view(bytes_).substr(at);
      const std::size_t length = read_utf8(rest).length;
      visit(rest.substr(0, length), run.trusted);
      at += length;
    }
  }
}

std::vector<std::size_t> Text::character_offsets() const {
  std::vector<std::size_t> offsets;
  for (std::size_t at = 0; at < bytes_.size();) {
    offsets.push_back(at);
    at += read_utf8(std::string_view(bytes_).substr(at)).length;
  }
  offsets.push_back(bytes_.size());
  return offsets;
}

std::vector<TextSpan> Text::spans() const {
  std::vector<TextSpan> spans;
  std::size_t begin = 0;
  for (const Run& run : runs_) {
    spans.push_back({bytes_.substr(begin, run.end - begin), run.trusted});
    begin = run.end;
  }
  return spans;
}

std::vector<Text> split(const Text& text, std::string_view separator, std::int64_t max_splits,
                        bool from_right) {
  const std::string& bytes = text.bytes();
  std::vector<std::size_t> cuts;
  const auto is_full = [&] {
    return max_splits >= 0 && static_cast<std::int64_t>(cuts.size()) >= max_splits;
  };
  if (from_right) {
    std::size_t end = bytes.size();
    while (!is_full() && end >= separator.size()) {
      const std::size_t at = bytes.rfind(separator, end - separator.size());
      if (at == std::string::npos) break;
      cuts.push_back(at);
      end = at;
    }
    std::ranges::reverse(cuts);
  } else {
    for (std::size_t at = bytes.find(separator); at != std::string::npos && !is_full();
         at = bytes.find(separator, at + separator.size())) {
      cuts.push_back(at);
    }
  }
  std::vector<Text> parts;
  std::size_t begin = 0;
  for (const std::size_t cut : cuts) {
    parts.push_back(text.part(begin, cut));
    begin = cut + separator.size();
  }
  parts.push_back(text.part(begin, bytes.size()));
  return parts;
}

std::vector<Text> split_words(const Text& text, std::int64_t max_splits) {
  std::vector<Text> words;
  const std::string_view bytes = text.bytes();
  std::size_t begin = std::string_view::npos;
  for (std::size_t at = 0; at < bytes.size();) {
    const auto unit = read_utf8(bytes.substr(at));
    const bool is_blank = octavo::text::is_white_space(unit.character);
    if (is_blank && begin != std::string_view::npos) {
      words.push_back(text.part(begin, at));
      begin = std::string_view::npos;
    } else if (!is_blank && begin == std::string_view::npos) {
      begin = at;
      const bool is_last = max_splits >= 0 && static_cast<std::int64_t>(words.size()) >= max_splits;
      if (is_last) break;
    }
    at += unit.length;
  }
  if (begin != std::string_view::npos) {
    const Text rest = text.part(begin, bytes.size());
    words.push_back(max_splits >= 0 ? strip_any_of(rest, "", false, true) : rest);
  }
  return words;
}

Text replace(const Text& text, const Text& from, const Text& to, std::int64_t max_count) {
  Text out;
  std::int64_t num_done = 0;
  const auto may_go_on = [&] { return max_count < 0 || num_done < max_count; };
  if (from.empty()) {
    text.for_each_character([&](std::string_view character, bool trusted) {
      if (may_go_on()) out.append(to);
      ++num_done;
      out.append(character, trusted);
    });
    if (may_go_on()) out.append(to);
    return out;
  }
  std::size_t begin = 0;
  for (std::size_t at = text.bytes().find(from.bytes()); at != std::string::npos && may_go_on();
       at = text.bytes().find(from.bytes(), begin)) {
    out.append(text.part(begin, at));
    out.append(to);
    begin = at + from.size();
    ++num_done;
  }
  out.append(text.part(begin, text.size()));
  return out;
}

Text strip(const Text& text, const std::function<bool(char32_t)>& is_dropped, bool left,
           bool right) {
  const std::string_view bytes = text.bytes();
  std::size_t begin = 0;
  while (left && begin < bytes.size()) {
    const auto unit = read_utf8(bytes.substr(begin));
    if (!is_dropped(unit.character)) break;
    begin += unit.length;
  }
  std::size_t end = bytes.size();
  while (right && end > begin) {
    std::size_t at = end - 1;
    while (at > begin && (static_cast<unsigned char>(bytes[at]) & 0xC0U) == 0x80U) --at;
    if (!is_dropped(read_utf8(bytes.substr(at)).character)) break;
    end = at;
  }
  return text.part(begin, end);
}

Text strip_any_of(const Text& text, std::string_view characters, bool left, bool right) {
  if (characters.empty()) {
    // Python also counts the four separators of ASCII as blanks.
    const auto is_blank = [](char32_t c) {
      return octavo::text::is_white_space(c) || (c >= 0x1C && c <= 0x1F);
    };
    return strip(text, is_blank, left, right);
  }
  std::u32string dropped;
  while (!characters.empty()) {
    const auto unit = read_utf8(characters);
    dropped.push_back(unit.character);
    characters.remove_prefix(unit.length);
  }
  return strip(
      text, [&](char32_t c) { return dropped.find(c) != std::u32string::npos; }, left, right);
}

Text to_upper(const Text& text) {
  Text out;
  text.for_each_character([&](std::string_view bytes, bool trusted) {
    const auto character = static_cast<utf8proc_int32_t>(read_utf8(bytes).character);
    out.append(character == 0xDF ? "SS" : encode(utf8proc_toupper(character)), trusted);
  });
  return out;
}

Text to_lower(const Text& text) {
  return map_letters(text, [](utf8proc_int32_t c, bool) { return utf8proc_tolower(c); });
}

Text to_title(const Text& text) {
  return map_letters(text, [](utf8proc_int32_t c, bool after_letter) {
    return after_letter ? utf8proc_tolower(c) : utf8proc_totitle(c);
  });
}

Text capitalize(const Text& text) {
  bool is_first = true;
  return map_letters(text, [&is_first](utf8proc_int32_t c, bool) {
    const utf8proc_int32_t mapped = is_first ? utf8proc_totitle(c) : utf8proc_tolower(c);
    is_first = false;
    return mapped;
  });
}

}  // namespace octavo::jinja
