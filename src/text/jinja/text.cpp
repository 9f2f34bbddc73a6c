#include "src/text/jinja/text.hpp"

#include <algorithm>

#include "src/text/jinja/fault.hpp"
#include "src/text/jinja/unicode_case.hpp"
#include "src/text/utf8.hpp"

namespace octavo::jinja {
namespace {

using octavo::read_utf8;

/// Longer than any prompt; bounds what a template can make of a few bytes.
constexpr std::size_t kMaxTextBytes = 32U << 20U;

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

std::vector<Text> split_words(const Text& text, std::int64_t max_splits, bool from_right) {
  std::vector<std::pair<std::size_t, std::size_t>> words;
  const std::string_view bytes = text.bytes();
  bool is_within = false;
  for (std::size_t at = 0; at < bytes.size();) {
    const auto unit = read_utf8(bytes.substr(at));
    const bool is_word = !is_blank(unit.character);
    if (is_word && !is_within) words.emplace_back(at, at);
    at += unit.length;
    if (is_word) words.back().second = at;
    is_within = is_word;
  }
  const std::size_t num_words = words.size();
  std::vector<Text> parts;
  if (max_splits < 0 || num_words <= static_cast<std::size_t>(max_splits)) {
    for (const auto& [begin, end] : words) parts.push_back(text.part(begin, end));
    return parts;
  }
  // What is not split any more keeps its blanks, but for those at the ends of the text.
  const auto num_splits = static_cast<std::size_t>(max_splits);
  const std::size_t first_left = from_right ? 0 : num_splits;
  const std::size_t last_left = from_right ? num_words - 1 - num_splits : num_words - 1;
  const std::size_t rest_begin = from_right ? 0 : words[first_left].first;
  const std::size_t rest_end = from_right ? words[last_left].second : bytes.size();
  for (std::size_t i = 0; i < first_left; ++i) {
    parts.push_back(text.part(words[i].first, words[i].second));
  }
  parts.push_back(text.part(rest_begin, rest_end));
  for (std::size_t i = last_left + 1; i < num_words; ++i) {
    parts.push_back(text.part(words[i].first, words[i].second));
  }
  return parts;
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

Text strip_blanks(const Text& text, bool left, bool right) {
  return strip(text, is_blank, left, right);
}

Text strip_any_of(const Text& text, std::string_view characters, bool left, bool right) {
  std::u32string dropped;
  while (!characters.empty()) {
    const auto unit = read_utf8(characters);
    dropped.push_back(unit.character);
    characters.remove_prefix(unit.length);
  }
  return strip(
      text, [&](char32_t c) { return dropped.find(c) != std::u32string::npos; }, left, right);
}

}  // namespace octavo::jinja
