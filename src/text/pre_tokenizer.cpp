#include "src/text/pre_tokenizer.hpp"

#include <algorithm>
#include <boost/json.hpp>

#include "src/text/tokenizer_json.hpp"
#include "src/text/utf8.hpp"

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
  const bool is_whole = pattern.for_each_match(text, [&](ByteRange match) {
    if (done < match.begin) segments.push_back({{done, match.begin}, invert});
    segments.push_back({match, !invert});
    done = match.end;
  });
  if (!is_whole) throw took_too_long();
  if (done < text.size()) segments.push_back({{done, text.size()}, invert});
  return segments;
}

/// The same where each match and what lies between is a piece by itself.
void append_isolated(const Regex& pattern, std::string_view text,
                     std::vector<std::string_view>& out) {
  std::size_t done = 0;
  const auto push = [&](std::size_t begin, std::size_t end) {
    if (begin < end) out.push_back(text.substr(begin, end - begin));
  };
  const bool is_whole = pattern.for_each_match(text, [&](ByteRange match) {
    push(done, match.begin);
    push(match.begin, match.end);
    done = match.end;
  });
  if (!is_whole) throw took_too_long();
  push(done, text.size());
}

/// A segment that is a match and one that is not before it become one, and so on from the left.
template <typename Joins>
void join_forward(std::vector<Segment>& segments, Joins joins) {
  std::vector<Segment> joined;
  bool previous = false;
  for (const Segment& segment : segments) {
    if (!joined.empty() && joins(segment.is_match, previous)) {
      joined.back().range.end = segment.range.end;
    } else {
      joined.push_back(segment);
    }
    previous = segment.is_match;
  }
  segments = std::move(joined);
}

/// The same from the right: a match goes to what follows it.
void join_backward(std::vector<Segment>& segments) {
  std::vector<Segment> joined;
  bool previous = false;
  for (auto segment = segments.rbegin(); segment != segments.rend(); ++segment) {
    if (!joined.empty() && segment->is_match && !previous) {
      joined.back().range.begin = segment->range.begin;
    } else {
      joined.push_back(*segment);
    }
    previous = segment->is_match;
  }
  segments.assign(joined.rbegin(), joined.rend());
}

/// Joins segments as the behavior says and appends the pieces to out. Matches without text count as
/// neighbours, and no piece is without text.
void append_pieces(std::string_view text, std::vector<Segment> segments, SplitBehavior behavior,
                   std::vector<std::string_view>& out) {
  if (behavior == SplitBehavior::kMergedWithPrevious) {
    join_forward(segments, [](bool is_match, bool previous) { return is_match && !previous; });
  } else if (behavior == SplitBehavior::kContiguous) {
    join_forward(segments, [](bool is_match, bool previous) { return is_match == previous; });
  } else if (behavior == SplitBehavior::kMergedWithNext) {
    join_backward(segments);
  }
  const bool removes = behavior == SplitBehavior::kRemoved;
  for (const auto& [range, is_match] : segments) {
    if (range.empty() || (removes && is_match)) continue;
    out.push_back(text.substr(range.begin, range.end - range.begin));
  }
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
  if (!legacy && name != "never") part.wrong("prepend_scheme", "'never' or add_prefix_space true");
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

void PreTokenizer::add_split(Regex pattern, SplitBehavior behavior) {
  steps_.emplace_back(Split{std::move(pattern), behavior, false});
}

void PreTokenizer::add_byte_level(JsonReader& part) {
  if (part.flag("add_prefix_space", true)) steps_.emplace_back(PrefixSpace{});
  if (part.flag("use_regex", true)) {
    add_split(*Regex::compile(kByteLevelPattern), SplitBehavior::kIsolated);
  }
  is_byte_level_ = true;
}

void PreTokenizer::add_metaspace(JsonReader& part) {
  const std::string replacement = part.text("replacement", "▁");
  if (count_characters(replacement) != 1) part.wrong("replacement", "one character");
  steps_.emplace_back(Metaspace{replacement, read_prepend(part), Regex::literal(replacement),
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
    add_split(Regex::characters(is_number), part.flag("individual_digits", false)
                                                ? SplitBehavior::kIsolated
                                                : SplitBehavior::kContiguous);
  } else if (type == "Punctuation") {
    add_split(Regex::characters(is_punctuation), read_behavior(part, "Isolated"));
  } else if (type == "BertPreTokenizer") {
    add_split(Regex::characters(is_white_space), SplitBehavior::kRemoved);
    add_split(Regex::characters(is_punctuation), SplitBehavior::kIsolated);
  } else if (type == "ByteLevel") {
    add_byte_level(part);
  } else if (type == "Metaspace") {
    add_metaspace(part);
  } else if (type == "Whitespace") {
    steps_.emplace_back(Split{Regex::words(), SplitBehavior::kRemoved, true});
  } else if (type == "WhitespaceSplit") {
    add_split(Regex::characters(is_white_space), SplitBehavior::kRemoved);
  } else {
    fail_unsupported("The pre-tokenizer '" + type + "' is not supported.");
  }
}

PreTokenizer::Placed PreTokenizer::with_metaspace(const Metaspace& step, const Placed& piece,
                                                  Pieces& pieces) {
  std::string text = replace_all(piece.text, ' ', step.replacement);
  std::optional<std::size_t> first = piece.first;
  if (first) {
    const auto num_blanks = std::ranges::count(piece.text.substr(0, *first), ' ');
    *first += static_cast<std::size_t>(num_blanks) * (step.replacement.size() - 1);
  }
  const bool prepends = step.prepend == PrependScheme::kAlways ||
                        (step.prepend == PrependScheme::kFirst && piece.first.has_value());
  if (prepends && !text.starts_with(step.replacement)) {
    text.insert(0, step.replacement);
    if (first) *first += step.replacement.size();
  }
  return {pieces.storage.emplace_back(std::move(text)), first};
}

PreTokenizer::Placed PreTokenizer::with_prefix_space(const Placed& piece, Pieces& pieces) {
  if (piece.text.starts_with(' ')) return piece;
  const std::string& text = pieces.storage.emplace_back(1, ' ').append(piece.text);
  return {text, piece.first ? std::optional(*piece.first + 1) : std::nullopt};
}

void PreTokenizer::run(const Step& step, Pieces& pieces) {
  std::vector<std::string_view> out;
  out.reserve(pieces.views.size());
  std::size_t num_first = 0;
  std::size_t first = 0;
  for (std::size_t i = 0; i < pieces.views.size(); ++i) {
    Placed piece{pieces.views[i], std::nullopt};
    if (i < pieces.num_first)
      piece.first = i + 1 < pieces.num_first ? piece.text.size() : pieces.first;
    const std::size_t begin = out.size();
    if (const auto* split = std::get_if<Split>(&step)) {
      if (split->behavior == SplitBehavior::kIsolated) {
        append_isolated(split->pattern, piece.text, out);
      } else {
        append_pieces(piece.text, find_segments(split->pattern, piece.text, split->invert),
                      split->behavior, out);
      }
    } else if (std::holds_alternative<PrefixSpace>(step)) {
      piece = with_prefix_space(piece, pieces);
      out.push_back(piece.text);
    } else {
      const auto& metaspace = std::get<Metaspace>(step);
      piece = with_metaspace(metaspace, piece, pieces);
      if (metaspace.split) {
        append_pieces(piece.text, find_segments(metaspace.pattern, piece.text, false),
                      SplitBehavior::kMergedWithNext, out);
      } else {
        out.push_back(piece.text);
      }
    }
    for (std::size_t k = begin; piece.first && k < out.size(); ++k) {
      const auto at = static_cast<std::size_t>(out[k].data() - piece.text.data());
      if (at > *piece.first) break;
      num_first = k + 1;
      first = *piece.first - at;
    }
  }
  pieces.views = std::move(out);
  pieces.num_first = num_first;
  pieces.first = first;
}

bool PreTokenizer::removes_text() const {
  return std::any_of(steps_.begin(), steps_.end(), [](const Step& step) {
    const auto* split = std::get_if<Split>(&step);
    return split != nullptr && split->behavior == SplitBehavior::kRemoved;
  });
}

Pieces PreTokenizer::split(std::string_view text, std::optional<std::size_t> first) const {
  Pieces pieces;
  if (text.empty()) return pieces;
  pieces.views.push_back(text);
  pieces.num_first = first ? 1 : 0;
  pieces.first = first.value_or(0);
  for (const Step& step : steps_) run(step, pieces);
  return pieces;
}

}  // namespace octavo::text
