#include "src/text/pre_tokenizer.hpp"

#include <algorithm>
#include <boost/json.hpp>

#include "src/text/tokenizer_json.hpp"

namespace octavo::text {
namespace {

/// GPT-2's own division into words.
constexpr const char* kByteLevelPattern =
    "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";

SplitBehavior read_behavior(JsonReader& part, std::string_view otherwise) {
  const std::string name = part.text("behavior", otherwise);
  if (name == "Removed") return SplitBehavior::kRemoved;
  if (name == "Isolated") return SplitBehavior::kIsolated;
  if (name == "MergedWithPrevious") return SplitBehavior::kMergedWithPrevious;
  if (name == "MergedWithNext") return SplitBehavior::kMergedWithNext;
  if (name == "Contiguous") return SplitBehavior::kContiguous;
  fail_unsupported("The split behavior '" + name + "' is not supported.");
}

struct Segment {
  ByteRange range;
  bool is_match = false;
};

std::vector<Segment> find_segments(const Regex& pattern, std::string_view text, bool invert) {
  std::vector<Segment> segments;
  std::size_t done = 0;
  pattern.for_each_match(text, [&](ByteRange match) {
    if (done < match.begin) segments.push_back({{done, match.begin}, invert});
    segments.push_back({match, !invert});
    done = match.end;
  });
  if (done < text.size()) segments.push_back({{done, text.size()}, invert});
  return segments;
}

/// Joins segments as the behavior says and appends the pieces to out.
void append_pieces(std::string_view text, const std::vector<Segment>& segments,
                   SplitBehavior behavior, std::vector<std::string_view>& out) {
  const auto push = [&](ByteRange range) {
    if (!range.empty()) out.push_back(text.substr(range.begin, range.end - range.begin));
  };
  ByteRange open{0, 0};
  bool open_is_match = false;
  for (const Segment& segment : segments) {
    bool joins = false;
    switch (behavior) {
      case SplitBehavior::kRemoved:
      case SplitBehavior::kIsolated:
        break;
      case SplitBehavior::kMergedWithPrevious:
        joins = segment.is_match && !open_is_match;
        break;
      case SplitBehavior::kMergedWithNext:
        joins = !segment.is_match && open_is_match;
        break;
      case SplitBehavior::kContiguous:
        joins = segment.is_match == open_is_match;
        break;
    }
    if (joins && !open.empty()) {
      open.end = segment.range.end;
    } else {
      push(open);
      open = segment.range;
    }
    open_is_match = segment.is_match;
    if (behavior == SplitBehavior::kRemoved && segment.is_match) open = {};
  }
  push(open);
}

std::string replace_all(std::string_view text, char from, std::string_view to) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (c == from) {
      out += to;
    } else {
      out.push_back(c);
    }
  }
  return out;
}

PrependScheme read_prepend(JsonReader& part) {
  const bool legacy = part.flag("add_prefix_space", true);
  const std::string name = part.text("prepend_scheme", legacy ? "always" : "never");
  if (name == "always") return PrependScheme::kAlways;
  if (name == "first") return PrependScheme::kFirst;
  if (name == "never") return PrependScheme::kNever;
  fail_unsupported("The prepend scheme '" + name + "' is not supported.");
}

}  // namespace

PreTokenizer PreTokenizer::parse(const boost::json::value& spec) {
  PreTokenizer result;
  if (!spec.is_null()) result.add(spec);
  return result;
}

void PreTokenizer::add_regex(const std::string& pattern, SplitBehavior behavior, bool invert) {
  steps_.emplace_back(Split{*Regex::compile(pattern), behavior, invert});
}

void PreTokenizer::add_byte_level(JsonReader& part) {
  if (part.flag("add_prefix_space", true)) steps_.emplace_back(PrefixSpace{});
  if (part.flag("use_regex", true)) {
    add_regex(kByteLevelPattern, SplitBehavior::kIsolated, false);
  }
  is_byte_level_ = true;
}

void PreTokenizer::add_metaspace(JsonReader& part) {
  const std::string replacement = part.text("replacement", "▁");
  if (replacement.empty()) part.wrong("replacement", "a text that is not empty");
  steps_.emplace_back(Metaspace{replacement, read_prepend(part), *Regex::literal(replacement),
                                part.flag("split", true)});
}

void PreTokenizer::add(const boost::json::value& spec) {
  JsonReader part = part_reader("pre_tokenizer", spec);
  const std::string type = part.text("type");
  if (is_byte_level_) {
    fail_unsupported("The pre-tokenizer '" + type + "' after ByteLevel is not supported.");
  }
  if (type == "Sequence") {
    for (const auto& each : part.array("pretokenizers")) add(each);
  } else if (type == "Split") {
    steps_.emplace_back(
        Split{read_pattern(part), read_behavior(part, "Removed"), part.flag("invert", false)});
  } else if (type == "Digits") {
    add_regex("\\p{N}",
              part.flag("individual_digits", false) ? SplitBehavior::kIsolated
                                                    : SplitBehavior::kContiguous,
              false);
  } else if (type == "Punctuation") {
    add_regex("[\\p{P}$+<=>^`|~]", read_behavior(part, "Isolated"), false);
  } else if (type == "ByteLevel") {
    add_byte_level(part);
  } else if (type == "Metaspace") {
    add_metaspace(part);
  } else if (type == "Whitespace") {
    add_regex("\\w+|[^\\w\\s]+", SplitBehavior::kRemoved, true);
  } else if (type == "WhitespaceSplit") {
    add_regex("\\s", SplitBehavior::kRemoved, false);
  } else {
    fail_unsupported("The pre-tokenizer '" + type + "' is not supported.");
  }
}

void PreTokenizer::run(const Step& step, bool at_start, Pieces& pieces) {
  std::vector<std::string_view> out;
  out.reserve(pieces.views.size());
  bool is_first = at_start;
  for (const std::string_view piece : pieces.views) {
    if (const auto* split = std::get_if<Split>(&step)) {
      append_pieces(piece, find_segments(split->pattern, piece, split->invert), split->behavior,
                    out);
    } else if (std::holds_alternative<PrefixSpace>(step)) {
      const bool has_space = piece.starts_with(' ');
      out.push_back(has_space ? piece : pieces.storage.emplace_back(1, ' ').append(piece));
    } else {
      const auto& metaspace = std::get<Metaspace>(step);
      std::string text = replace_all(piece, ' ', metaspace.replacement);
      const bool prepends = metaspace.prepend == PrependScheme::kAlways ||
                            (metaspace.prepend == PrependScheme::kFirst && is_first);
      if (prepends && !text.starts_with(metaspace.replacement)) {
        text.insert(0, metaspace.replacement);
      }
      const std::string& kept = pieces.storage.emplace_back(std::move(text));
      if (metaspace.split) {
        append_pieces(kept, find_segments(metaspace.pattern, kept, false),
                      SplitBehavior::kMergedWithNext, out);
      } else {
        out.push_back(kept);
      }
    }
    is_first = false;
  }
  pieces.views = std::move(out);
}

bool PreTokenizer::removes_text() const {
  return std::any_of(steps_.begin(), steps_.end(), [](const Step& step) {
    const auto* split = std::get_if<Split>(&step);
    return split != nullptr && split->behavior == SplitBehavior::kRemoved;
  });
}

Pieces PreTokenizer::split(std::string_view text, bool at_start) const {
  Pieces pieces;
  if (text.empty()) return pieces;
  pieces.views.push_back(text);
  for (const Step& step : steps_) run(step, at_start, pieces);
  return pieces;
}

}  // namespace octavo::text
