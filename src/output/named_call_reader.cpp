#include "src/output/named_call_reader.hpp"

#include <algorithm>
#include <array>

#include "src/core/trim.hpp"
#include "src/output/mark_search.hpp"

namespace octavo {
namespace {

constexpr std::size_t kMaxNameBytes = 256;

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-' || c == '.' || c == ':';
}

bool is_name(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, is_name_character);
}

// No mark has ended the name so far.
ReadProgress wait_for_name(const BoundedMark& end) {
  return end.may_come ? ReadProgress::kMore : ReadProgress::kFault;
}

// `functions.f:0` is the name f, as Kimi numbers its calls.
std::string bare_name(std::string_view name) {
  constexpr std::string_view kSpace = "functions.";
  if (name.starts_with(kSpace)) {
    name.remove_prefix(kSpace.size());
    name = name.substr(0, name.rfind(':'));
  }
  return std::string(name);
}

}  // namespace

ReadProgress NamedCallReader::read(std::string_view& text, bool is_last, OutputItems& items) {
  const ReadProgress progress = repeat(place_, text, [&] { return step(text, is_last, items); });
  if (progress == ReadProgress::kDone) items.end();
  if (progress == ReadProgress::kDone || (progress == ReadProgress::kMore && !is_last))
    return progress;
  if (!has_begun_) return ReadProgress::kFault;
  break_off(items);
  return progress == ReadProgress::kFault ? progress : ReadProgress::kDone;
}

// Between two arguments in parentheses; arguments in braces end themselves.
void NamedCallReader::break_off(OutputItems& items) const {
  if (!items.is_open(ItemKind::kFunctionCall)) return;
  items.add(ItemKind::kFunctionCall, has_keyword_ ? "}" : "{}");
  items.end(true);
}

ReadProgress NamedCallReader::step(std::string_view& text, bool is_last, OutputItems& items) {
  switch (place_) {
    case Place::kName:
      return take_name(text);
    case Place::kId:
      return take_id(text);
    case Place::kNameLine:
      return take_name_line(text);
    case Place::kBegin:
      return begin_arguments(text, items);
    case Place::kArguments:
      return arguments_.read(text, is_last, items);
    case Place::kKeyword:
      return take_keyword(text, items);
    case Place::kKeywordValue:
      return take_keyword_value(text, is_last, items);
  }
  return ReadProgress::kFault;
}

ReadProgress NamedCallReader::take_name(std::string_view& text) {
  const BoundedMark end = find_within(text, syntax_.name_marks, kMaxNameBytes);
  const FoundMark& found = end.found;
  if (!found.is_found()) return wait_for_name(end);
  const std::string_view name = trim(text.substr(0, found.begin), kBlanks);
  if (!is_name(name)) return ReadProgress::kFault;
  name_ = bare_name(name);
  const bool is_brace = found.mark == "{";
  text.remove_prefix(found.begin + (is_brace ? 0 : found.mark.size()));
  if (found.mark == "[CALL_ID]")
    place_ = Place::kId;
  else if (found.mark == ".call(")
    place_ = Place::kKeyword;
  else if (found.mark == "<｜tool▁sep｜>" && name_ == "function")
    place_ = Place::kNameLine;
  else
    place_ = Place::kBegin;
  return ReadProgress::kMore;
}

ReadProgress NamedCallReader::take_id(std::string_view& text) {
  constexpr std::array<std::string_view, 1> kArguments{"[ARGS]"};
  const BoundedMark end = find_within(text, kArguments, kMaxNameBytes);
  if (!end.found.is_found()) return wait_for_name(end);
  text.remove_prefix(end.found.begin + end.found.mark.size());
  place_ = Place::kBegin;
  return ReadProgress::kMore;
}

ReadProgress NamedCallReader::take_name_line(std::string_view& text) {
  constexpr std::array<std::string_view, 2> kEnds{"\n", "{"};
  const BoundedMark end = find_within(text, kEnds, kMaxNameBytes);
  if (!end.found.is_found()) return wait_for_name(end);
  const std::string_view name = trim(text.substr(0, end.found.begin), kBlanks);
  if (!is_name(name)) return ReadProgress::kFault;
  name_ = name;
  text.remove_prefix(end.found.begin);
  place_ = Place::kBegin;
  return ReadProgress::kMore;
}

// JSON may stand in a fence that names it.
ReadProgress NamedCallReader::begin_arguments(std::string_view& text, OutputItems& items) {
  constexpr std::array<std::string_view, 2> kFences{"```json", "```"};
  std::string_view rest = text;
  rest.remove_prefix(num_leading_blanks(rest));
  for (const std::string_view fence : kFences) {
    const Starts starts = starts_with(rest, fence);
    if (starts == Starts::kPerhaps) return ReadProgress::kMore;
    if (starts == Starts::kNo) continue;
    rest.remove_prefix(fence.size());
    rest.remove_prefix(num_leading_blanks(rest));
    break;
  }
  if (rest.empty()) return ReadProgress::kMore;
  if (rest.front() != '{') return ReadProgress::kFault;
  text = rest;
  begin_call(items);
  place_ = Place::kArguments;
  return ReadProgress::kMore;
}

void NamedCallReader::begin_call(OutputItems& items) {
  if (!has_begun_) items.begin(ItemKind::kFunctionCall, name_);
  has_begun_ = true;
}

ReadProgress NamedCallReader::take_keyword(std::string_view& text, OutputItems& items) {
  std::string_view rest = text;
  rest.remove_prefix(num_leading_blanks(rest));
  if (has_keyword_ && rest.starts_with(',')) {
    rest.remove_prefix(1);
    rest.remove_prefix(num_leading_blanks(rest));
  }
  constexpr std::array<std::string_view, 2> kEnds{"=", ")"};
  const BoundedMark mark = find_within(rest, kEnds, kMaxNameBytes);
  if (!mark.found.is_found()) return wait_for_name(mark);
  const std::size_t end = mark.found.begin;
  const std::string_view name = trim(rest.substr(0, end), kBlanks);
  if (rest[end] == ')') {
    if (!name.empty()) return ReadProgress::kFault;
    begin_call(items);
    items.add(ItemKind::kFunctionCall, has_keyword_ ? "}" : "{}");
    text = rest.substr(end + 1);
    return ReadProgress::kDone;
  }
  if (!is_name(name)) return ReadProgress::kFault;
  begin_call(items);
  items.add(ItemKind::kFunctionCall,
            std::string(has_keyword_ ? ",\"" : "{\"").append(name).append("\":"));
  has_keyword_ = true;
  scanner_ = {};
  text = rest.substr(end + 1);
  place_ = Place::kKeywordValue;
  return ReadProgress::kMore;
}

ReadProgress NamedCallReader::take_keyword_value(std::string_view& text, bool is_last,
                                                 OutputItems& items) {
  const ScannedPart part = scan_part(scanner_, text, is_last, items);
  if (part.is_broken) return ReadProgress::kFault;
  if (part.progress == ReadProgress::kDone) place_ = Place::kKeyword;
  return ReadProgress::kMore;
}

}  // namespace octavo
