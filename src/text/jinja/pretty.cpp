// Python's pprint: a value on one line where it has at most 80 columns, else a part to a line.
#include <algorithm>

#include "src/text/jinja/filters.hpp"
#include "src/text/jinja/text_methods.hpp"
#include "src/text/jinja/unicode_case.hpp"
#include "src/text/utf8.hpp"

namespace octavo::jinja {
namespace {

constexpr std::size_t kColumns = 80;

std::size_t length(const Text& text) { return octavo::count_characters(text.bytes()); }

/// Sorts keys that have no order by the names of their types.
bool is_before(const Value& a, const Value& b) {
  try {
    return compare(a, b) < 0;
  } catch (const TemplateFault&) {
    return a.type_name() < b.type_name();
  }
}

/// The same value with every dictionary in the order of its keys.
Value ordered(const Value& value) {
  if (value.is_list()) {
    std::vector<Value> items;
    for (const Value& item : value.as_list().items) items.push_back(ordered(item));
    return Value(List{std::move(items), value.as_list().is_tuple, {}});
  }
  if (!value.is_dict()) return value;
  auto items = value.as_dict().items();
  std::ranges::stable_sort(
      items, [](const auto& a, const auto& b) { return is_before(a.first, b.first); });
  Dict dict;
  for (const auto& [key, item] : items) dict.set(key, ordered(item));
  return Value(std::move(dict));
}

class PrettyWriter {
 public:
  Text run(const Value& value) {
    write(value, 0, 0, true);
    return std::move(out_);
  }

 private:
  /// indent: columns before the value; allowance: columns that must stay free after it.
  void write(const Value& value, std::size_t indent, std::size_t allowance, bool is_outermost) {
    const Text line = to_repr(value);
    const bool fits = length(line) + indent + allowance <= kColumns;
    if (fits || value.is_safe()) return out_.append(line);
    if (value.is_dict()) return write_dict(value.as_dict(), indent + 1, allowance + 1);
    if (value.is_list()) return write_list(value.as_list(), indent + 1, allowance + 1);
    if (value.is_text()) return write_text(value.as_text(), indent, allowance, is_outermost);
    out_.append(line);
  }

  void start_line(std::size_t indent) { out_.append("\n" + std::string(indent, ' '), true); }

  void write_dict(const Dict& dict, std::size_t indent, std::size_t allowance) {
    out_.append("{", true);
    const auto& items = dict.items();
    for (std::size_t i = 0; i < items.size(); ++i) {
      const bool is_last = i + 1 == items.size();
      const Text key = to_repr(items[i].first);
      out_.append(key);
      out_.append(": ", true);
      write(items[i].second, indent + length(key) + 2, is_last ? allowance : 1, false);
      if (is_last) break;
      out_.append(",", true);
      start_line(indent);
    }
    out_.append("}", true);
  }

  void write_list(const List& list, std::size_t indent, std::size_t allowance) {
    out_.append(list.is_tuple ? "(" : "[", true);
    const bool is_single = list.is_tuple && list.items.size() == 1;
    if (is_single) ++allowance;
    for (std::size_t i = 0; i < list.items.size(); ++i) {
      const bool is_last = i + 1 == list.items.size();
      write(list.items[i], indent, is_last ? allowance : 1, false);
      if (is_last) break;
      out_.append(",", true);
      start_line(indent);
    }
    out_.append(is_single ? ",)" : list.is_tuple ? ")" : "]", true);
  }

  /// Words with the blanks after them.
  static std::vector<Text> words_of(const Text& line) {
    std::vector<Text> words;
    const std::string_view bytes = line.bytes();
    std::size_t begin = 0;
    bool after_blank = false;
    for (std::size_t at = 0; at < bytes.size();) {
      const auto unit = octavo::read_utf8(bytes.substr(at));
      const bool blank = is_blank(unit.character);
      if (after_blank && !blank) words.push_back(line.part(std::exchange(begin, at), at));
      after_blank = blank;
      at += unit.length;
    }
    words.push_back(line.part(begin, bytes.size()));
    return words;
  }

  void write_text(const Text& text, std::size_t indent, std::size_t allowance, bool is_outermost) {
    if (is_outermost) {
      ++indent;
      ++allowance;
    }
    const std::size_t room = kColumns > indent ? kColumns - indent : 0;
    const auto fits = [room](const Text& part, std::size_t kept) {
      return length(part) + kept <= room;
    };
    std::vector<Text> chunks;
    const auto lines = split_lines(text, true);
    for (std::size_t i = 0; i < lines.size(); ++i) {
      const std::size_t kept = i + 1 == lines.size() ? allowance : 0;
      const Text whole = to_repr(Value(lines[i]));
      if (fits(whole, kept)) {
        chunks.push_back(whole);
        continue;
      }
      Text current;
      const auto words = words_of(lines[i]);
      for (std::size_t j = 0; j < words.size(); ++j) {
        Text candidate = current;
        candidate.append(words[j]);
        if (!fits(to_repr(Value(candidate)), j + 1 == words.size() ? kept : 0)) {
          if (!current.empty()) chunks.push_back(to_repr(Value(current)));
          current = words[j];
        } else {
          current = std::move(candidate);
        }
      }
      if (!current.empty()) chunks.push_back(to_repr(Value(current)));
    }
    const bool is_wrapped = is_outermost && chunks.size() > 1;
    if (is_wrapped) out_.append("(", true);
    for (std::size_t i = 0; i < chunks.size(); ++i) {
      if (i > 0) start_line(indent);
      out_.append(chunks[i]);
    }
    if (is_wrapped) out_.append(")", true);
  }

  Text out_;
};

}  // namespace

Text pretty(const Value& value) { return PrettyWriter().run(ordered(value)); }

}  // namespace octavo::jinja
