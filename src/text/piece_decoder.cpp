#include "src/text/piece_decoder.hpp"

#include <algorithm>
#include <boost/json.hpp>

#include "src/text/bpe.hpp"
#include "src/text/byte_level.hpp"
#include "src/text/tokenizer_json.hpp"
#include "src/text/utf8.hpp"

namespace octavo::text {
namespace {

constexpr std::int64_t kMaxStrip = 1024;

void strip(std::string& text, const StripStep& step) {
  const std::string& c = step.character;
  for (int left = step.start; left > 0 && text.starts_with(c); --left) text.erase(0, c.size());
  for (int left = step.stop; left > 0 && text.ends_with(c); --left) {
    text.resize(text.size() - c.size());
  }
}

int read_count(JsonReader& part, std::string_view name) {
  return static_cast<int>(
      std::clamp<std::int64_t>(part.integer(name, INT32_MIN, INT32_MAX, 0), 0, kMaxStrip));
}

/// A member that Rust reads as one character.
std::string read_character(JsonReader& part, std::string_view name,
                           std::optional<std::string_view> fallback = {}) {
  std::string character = part.text(name, fallback);
  if (count_characters(character) != 1) part.wrong(name, "one character");
  return character;
}

}  // namespace

std::string replace_text(std::string_view text, std::string_view from, std::string_view to) {
  std::string out;
  for (std::size_t at = text.find(from); at != std::string_view::npos; at = text.find(from)) {
    out.append(text.substr(0, at)).append(to);
    text.remove_prefix(at + from.size());
  }
  return out.append(text);
}

std::string replaced(const ReplaceStep& step, std::string_view text) {
  if (!step.literal.empty()) return replace_text(text, step.literal, step.content);
  std::string out;
  std::size_t done = 0;
  const bool is_whole = step.pattern.for_each_match(text, [&](ByteRange match) {
    out.append(text.substr(done, match.begin - done)).append(step.content);
    done = match.end;
  });
  return is_whole ? out.append(text.substr(done)) : std::string(text);
}

PieceDecoder PieceDecoder::parse(const boost::json::value& spec) {
  PieceDecoder decoder;
  if (spec.is_null()) fail_unsupported("A tokenizer without a 'decoder' is not supported.");
  decoder.add(spec);
  return decoder;
}

void PieceDecoder::refuse_if(bool is_late, std::string_view type) const {
  if (!is_late) return;
  fail_unsupported("The decoder '" + std::string(type) + "' after " +
                   (is_joined_ ? "Fuse or ByteLevel" : "ByteFallback") +
                   " is not supported: it would need the whole text.");
}

void PieceDecoder::add_replace(JsonReader& part) {
  JsonReader pattern(part.object("pattern"), part, "pattern");
  ReplaceStep step{read_pattern(part), pattern.text("String", ""), part.text("content")};
  refuse_if(step.literal.empty() && is_joined_, "Replace");
  steps_.emplace_back(std::move(step));
}

void PieceDecoder::add_strip(JsonReader& part) {
  StripStep step{read_character(part, "content"), read_count(part, "start"),
                 read_count(part, "stop")};
  steps_.emplace_back(std::move(step));
}

void PieceDecoder::add_metaspace(JsonReader& part) {
  const bool legacy = part.flag("add_prefix_space", true);
  const std::string scheme = part.text("prepend_scheme", legacy ? "always" : "never");
  steps_.emplace_back(MetaspaceStep{read_character(part, "replacement", "▁"), scheme != "never"});
}

void PieceDecoder::add(const boost::json::value& spec) {
  JsonReader part = part_reader("decoder", spec);
  const std::string type = part.text("type");
  if (type == "Sequence") {
    for (const auto& each : part.array("decoders")) add(each);
  } else if (type == "ByteLevel") {
    refuse_if(is_joined_ || has_runs_, type);
    steps_.emplace_back(ByteLevelStep{});
    is_joined_ = true;
  } else if (type == "ByteFallback") {
    refuse_if(is_joined_ || has_runs_, type);
    steps_.emplace_back(ByteFallbackStep{});
    has_runs_ = true;
  } else if (type == "Fuse") {
    steps_.emplace_back(FuseStep{});
    is_joined_ = true;
  } else if (type == "Strip") {
    add_strip(part);
  } else if (type == "Metaspace") {
    add_metaspace(part);
  } else if (type == "Replace") {
    add_replace(part);
  } else {
    fail_unsupported("The decoder '" + type + "' is not supported.");
  }
}

std::string PieceDecoder::bytes_of(std::string_view piece) const {
  std::string text(piece);
  bool is_joined = false;
  for (const DecodeStep& step : steps_) {
    if (std::holds_alternative<ByteLevelStep>(step)) {
      if (auto bytes = decode_byte_level(text)) text = std::move(*bytes);
      is_joined = true;
    } else if (std::holds_alternative<FuseStep>(step)) {
      is_joined = true;
    } else if (std::holds_alternative<ByteFallbackStep>(step)) {
      if (const auto byte = read_byte_piece(text)) text.assign(1, static_cast<char>(*byte));
    } else if (const auto* replace = std::get_if<ReplaceStep>(&step)) {
      if (is_valid_utf8(text)) text = replaced(*replace, text);
    } else if (const auto* sides = std::get_if<StripStep>(&step)) {
      if (!is_joined) strip(text, *sides);
    } else {
      const auto& metaspace = std::get<MetaspaceStep>(step);
      const bool drops = is_joined && metaspace.drops_first;
      text = replace_text(text, metaspace.replacement, drops ? "" : " ");
    }
  }
  return text;
}

}  // namespace octavo::text
