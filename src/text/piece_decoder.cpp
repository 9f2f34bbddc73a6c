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

std::string replace_all(std::string_view text, std::string_view from, std::string_view to) {
  std::string out;
  for (std::size_t at = text.find(from); at != std::string_view::npos; at = text.find(from)) {
    out.append(text.substr(0, at)).append(to);
    text.remove_prefix(at + from.size());
  }
  return out.append(text);
}

void strip(std::string& text, std::string_view character, int start, int stop) {
  for (; start > 0 && text.starts_with(character); --start) text.erase(0, character.size());
  for (; stop > 0 && text.ends_with(character); --stop) text.resize(text.size() - character.size());
}

int read_count(JsonReader& part, std::string_view name) {
  return static_cast<int>(
      std::clamp<std::int64_t>(part.integer(name, INT32_MIN, INT32_MAX, 0), 0, kMaxStrip));
}

}  // namespace

PieceDecoder PieceDecoder::parse(const boost::json::value& spec) {
  PieceDecoder decoder;
  if (spec.is_null()) fail_unsupported("A tokenizer without a 'decoder' is not supported.");
  decoder.add(spec);
  return decoder;
}

void PieceDecoder::add_strip(JsonReader& part) {
  const Strip step{part.text("content"), read_count(part, "start"), read_count(part, "stop")};
  if (step.character.empty()) part.wrong("content", "a text that is not empty");
  if (!is_fused_) {
    steps_.emplace_back(step);
    return;
  }
  if (step.stop > 0 || leading_strip_.count > 0) {
    fail_unsupported("A decoder that strips the end of a text is not supported.");
  }
  leading_strip_ = {step.character, step.start};
}

void PieceDecoder::add_metaspace(JsonReader& part) {
  const std::string replacement = part.text("replacement", "▁");
  if (replacement.empty()) part.wrong("replacement", "a text that is not empty");
  const bool legacy = part.flag("add_prefix_space", true);
  steps_.emplace_back(Replace{replacement, " "});
  if (part.text("prepend_scheme", legacy ? "always" : "never") != "never") {
    leading_strip_ = {" ", 1};
  }
}

void PieceDecoder::add(const boost::json::value& spec) {
  JsonReader part = part_reader("decoder", spec);
  const std::string type = part.text("type");
  if (type == "Sequence") {
    for (const auto& each : part.array("decoders")) add(each);
  } else if (type == "ByteLevel") {
    steps_.emplace_back(ByteLevel{});
  } else if (type == "ByteFallback") {
    steps_.emplace_back(ByteFallback{});
  } else if (type == "Fuse") {
    is_fused_ = true;
  } else if (type == "Strip") {
    add_strip(part);
  } else if (type == "Metaspace") {
    add_metaspace(part);
  } else if (type == "Replace") {
    JsonReader pattern(part.object("pattern"), part, "pattern");
    const std::string from = pattern.text("String", "");
    if (count_characters(from) != 1 || is_fused_) {
      fail_unsupported("A decoder's Replace must be before Fuse and of one character.");
    }
    steps_.emplace_back(Replace{from, part.text("content")});
  } else {
    fail_unsupported("The decoder '" + type + "' is not supported.");
  }
}

std::string PieceDecoder::bytes_of(std::string_view piece) const {
  std::string text(piece);
  for (const Step& step : steps_) {
    if (std::holds_alternative<ByteLevel>(step)) {
      if (auto bytes = decode_byte_level(text)) text = std::move(*bytes);
    } else if (std::holds_alternative<ByteFallback>(step)) {
      if (const auto byte = read_byte_piece(text)) text.assign(1, static_cast<char>(*byte));
    } else if (const auto* replace = std::get_if<Replace>(&step)) {
      text = replace_all(text, replace->from, replace->to);
    } else if (const auto* sides = std::get_if<Strip>(&step)) {
      strip(text, sides->character, sides->start, sides->stop);
    }
  }
  return text;
}

}  // namespace octavo::text
