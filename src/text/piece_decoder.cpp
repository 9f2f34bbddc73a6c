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

int read_count(const boost::json::object& object, std::string_view key) {
  return static_cast<int>(std::clamp<std::int64_t>(int_or(object, key, 0), 0, kMaxStrip));
}

}  // namespace

PieceDecoder PieceDecoder::parse(const boost::json::value& spec) {
  PieceDecoder decoder;
  if (spec.is_null()) fail_unsupported("A tokenizer without a 'decoder' is not supported.");
  decoder.add(spec);
  return decoder;
}

void PieceDecoder::add_strip(const boost::json::object& object) {
  const Strip step{std::string(need_string(object, "content")), read_count(object, "start"),
                   read_count(object, "stop")};
  if (step.character.empty()) fail_file("The decoder's 'content' must not be empty.");
  if (!is_fused_) {
    steps_.emplace_back(step);
    return;
  }
  if (step.stop > 0 || leading_strip_.count > 0) {
    fail_unsupported("A decoder that strips the end of a text is not supported.");
  }
  leading_strip_ = {step.character, step.start};
}

void PieceDecoder::add_metaspace(const boost::json::object& object) {
  const std::string_view replacement = string_or(object, "replacement", "▁");
  if (replacement.empty()) fail_file("'replacement' must not be empty.");
  const bool legacy = bool_or(object, "add_prefix_space", true);
  steps_.emplace_back(Replace{std::string(replacement), " "});
  if (string_or(object, "prepend_scheme", legacy ? "always" : "never") != "never") {
    leading_strip_ = {" ", 1};
  }
}

void PieceDecoder::add(const boost::json::value& spec) {
  const auto& object = as_object(spec, "decoder");
  const std::string_view type = need_string(object, "type");
  if (type == "Sequence") {
    for (const auto& part : as_array(need_member(object, "decoders"), "decoders")) add(part);
  } else if (type == "ByteLevel") {
    steps_.emplace_back(ByteLevel{});
  } else if (type == "ByteFallback") {
    steps_.emplace_back(ByteFallback{});
  } else if (type == "Fuse") {
    is_fused_ = true;
  } else if (type == "Strip") {
    add_strip(object);
  } else if (type == "Metaspace") {
    add_metaspace(object);
  } else if (type == "Replace") {
    const auto& pattern = as_object(need_member(object, "pattern"), "pattern");
    const std::string_view from = string_or(pattern, "String", "");
    if (count_characters(from) != 1 || is_fused_) {
      fail_unsupported("A decoder's Replace must be before Fuse and of one character.");
    }
    steps_.emplace_back(Replace{std::string(from), std::string(need_string(object, "content"))});
  } else {
    fail_unsupported("The decoder '" + std::string(type) + "' is not supported.");
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
