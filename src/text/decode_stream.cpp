#include "src/text/decode_stream.hpp"

#include <algorithm>
#include <utility>

#include "src/text/bpe.hpp"
#include "src/text/byte_level.hpp"
#include "src/text/utf8.hpp"

namespace octavo::text {
namespace {

/// How many bytes at the end of text, after the last match of `literal`, may be its beginning.
std::size_t begun_bytes(std::string_view text, std::string_view literal) {
  for (std::size_t at = text.find(literal); at != std::string_view::npos; at = text.find(literal)) {
    text.remove_prefix(at + literal.size());
  }
  std::size_t length = std::min(text.size(), literal.size() - 1);
  while (length > 0 && !literal.starts_with(text.substr(text.size() - length))) --length;
  return length;
}

bool joins(const DecodeStep& step) {
  return std::holds_alternative<FuseStep>(step) || std::holds_alternative<ByteLevelStep>(step);
}

}  // namespace

DecodeStream::DecodeStream(const PieceDecoder& decoder, bool begins_text)
    : decoder_(&decoder), begins_text_(begins_text), states_(decoder.steps().size()) {
  // Where a text is continued, the pieces before have been the first: of all but a joined text.
  bool is_joined = false;
  for (std::size_t step = 0; step < states_.size(); ++step) {
    states_[step].is_first = begins_text || is_joined;
    is_joined = is_joined || joins(decoder.steps()[step]);
    states_[step].is_open = !begins_text && joins(decoder.steps()[step]);
  }
}

void DecodeStream::append(std::string_view piece, std::string& out) { take(0, {piece}, out); }

void DecodeStream::finish(std::string& out) {
  for (std::size_t step = 0; step < states_.size(); ++step) close(step, out);
}

// The end of the text, as it reaches a step that has made one piece of several.
void DecodeStream::close(std::size_t step, std::string& out) {
  State& state = states_[step];
  const DecodeStep& kind = decoder_->steps()[step];
  const bool makes_parts = joins(kind) || std::holds_alternative<ByteFallbackStep>(kind);
  if (!makes_parts || !state.is_open) return;
  const std::string_view rest = state.held.empty() ? "" : kReplacementCharacter;
  state.held.clear();
  state.is_open = false;
  take(step + 1, {rest, false, true}, out);
}

void DecodeStream::take(std::size_t step, Part part, std::string& out) {
  if (step == states_.size()) {
    out += part.text;
    return;
  }
  const DecodeStep& kind = decoder_->steps()[step];
  State& state = states_[step];
  if (std::holds_alternative<ByteLevelStep>(kind)) {
    const auto bytes = decode_byte_level(part.text);
    take_bytes(step, bytes ? *bytes : part.text, out);
  } else if (std::holds_alternative<FuseStep>(kind)) {
    const bool begins = !std::exchange(state.is_open, true);
    take(step + 1, {part.text, begins, false}, out);
  } else if (std::holds_alternative<ByteFallbackStep>(kind)) {
    take_fallback(step, part, out);
  } else if (const auto* replace = std::get_if<ReplaceStep>(&kind)) {
    take_replace(step, *replace, part, out);
  } else if (const auto* sides = std::get_if<StripStep>(&kind)) {
    take_strip(step, *sides, part, out);
  } else {
    take_metaspace(step, std::get<MetaspaceStep>(kind), part, out);
  }
}

std::string DecodeStream::whole_characters(State& state, std::string_view bytes) {
  state.held += bytes;
  std::string whole;
  std::string_view rest = state.held;
  while (!rest.empty()) {
    const Utf8Unit unit = read_utf8(rest);
    if (unit.kind == Utf8Kind::kCutShort) break;
    whole += unit.kind == Utf8Kind::kWhole ? rest.substr(0, unit.length) : kReplacementCharacter;
    rest.remove_prefix(unit.length);
  }
  state.held.erase(0, state.held.size() - rest.size());
  return whole;
}

void DecodeStream::take_bytes(std::size_t step, std::string_view bytes, std::string& out) {
  State& state = states_[step];
  const bool begins = !std::exchange(state.is_open, true);
  const std::string whole = whole_characters(state, bytes);
  take(step + 1, {whole, begins, false}, out);
}

void DecodeStream::take_fallback(std::size_t step, Part part, std::string& out) {
  if (const auto byte = read_byte_piece(part.text)) {
    const char as_char = static_cast<char>(*byte);
    take_bytes(step, {&as_char, 1}, out);
    return;
  }
  close(step, out);
  take(step + 1, part, out);
}

void DecodeStream::take_replace(std::size_t step, const ReplaceStep& replace, Part part,
                                std::string& out) {
  State& state = states_[step];
  state.held += part.text;
  // A pattern that is no plain text may match anything up to the end of the piece.
  std::size_t kept = part.ends ? 0 : state.held.size();
  std::string text = std::move(state.held);
  state.held.clear();
  if (!part.ends && !replace.literal.empty()) {
    kept = begun_bytes(text, replace.literal);
  }
  state.held = text.substr(text.size() - kept);
  text.resize(text.size() - kept);
  text = replaced(replace, text);
  take(step + 1, {text, part.begins, part.ends}, out);
}

void DecodeStream::take_strip(std::size_t step, const StripStep& sides, Part part,
                              std::string& out) {
  State& state = states_[step];
  const std::string& c = sides.character;
  if (part.begins) state.strips_left = sides.start;
  std::string text = std::exchange(state.held, {}) + std::string(part.text);
  std::size_t front = 0;
  for (; state.strips_left > 0 && text.compare(front, c.size(), c) == 0; front += c.size()) {
    --state.strips_left;
  }
  if (front < text.size()) state.strips_left = 0;
  std::size_t back = text.size();
  for (int left = sides.stop; left > 0 && back >= front + c.size(); --left) {
    if (text.compare(back - c.size(), c.size(), c) != 0) break;
    back -= c.size();
  }
  if (!part.ends) state.held = text.substr(back);
  text = text.substr(front, back - front);
  take(step + 1, {text, part.begins, part.ends}, out);
}

void DecodeStream::take_metaspace(std::size_t step, const MetaspaceStep& metaspace, Part part,
                                  std::string& out) {
  State& state = states_[step];
  const bool drops = state.is_first && metaspace.drops_first;
  const std::string text = replace_text(part.text, metaspace.replacement, drops ? "" : " ");
  if (part.ends) state.is_first = false;
  take(step + 1, {text, part.begins, part.ends}, out);
}

}  // namespace octavo::text
