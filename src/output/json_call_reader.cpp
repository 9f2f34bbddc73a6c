#include "src/output/json_call_reader.hpp"

#include <boost/json/parse.hpp>
#include <utility>

#include "src/output/mark_search.hpp"

namespace octavo {
namespace {

namespace json = boost::json;

// The text that a JSON string stands for; nothing where the value is none.
std::optional<std::string> text_of(const std::string& value) {
  boost::system::error_code error;
  const json::value parsed = json::parse(value, error);
  if (error || !parsed.is_string()) return std::nullopt;
  return std::string(parsed.get_string());
}

// Arguments as a string that holds an object are that object.
std::string object_of(const std::string& value) { return text_of(value).value_or(value); }

}  // namespace

ReadProgress JsonCallReader::read(std::string_view& text, bool is_last, OutputItems& items) {
  const ReadProgress progress = repeat(place_, text, [&] { return step(text, is_last, items); });
  if (progress == ReadProgress::kFault) end_call(true, items);
  if (progress != ReadProgress::kMore || !is_last) return progress;
  if (place_ == Place::kBetween) return ReadProgress::kDone;
  if (!name_) return ReadProgress::kFault;
  end_early(items);
  return ReadProgress::kDone;
}

ReadProgress JsonCallReader::step(std::string_view& text, bool is_last, OutputItems& items) {
  if (place_ == Place::kKey) return capture(text, Place::kColon);
  if (place_ == Place::kCaptured) {
    const ReadProgress progress = capture(text, Place::kMember);
    return progress == ReadProgress::kMore && place_ == Place::kMember ? end_member(items)
                                                                       : progress;
  }
  if (place_ == Place::kArguments) {
    const ReadProgress progress = arguments_.read(text, is_last, items);
    if (progress != ReadProgress::kDone) return progress;
    place_ = Place::kMember;
    return ReadProgress::kMore;
  }
  text.remove_prefix(num_leading_blanks(text));
  if (text.empty()) return ReadProgress::kMore;
  if (place_ == Place::kValue) return begin_value(text, items);
  return take_mark(text, items);
}

ReadProgress JsonCallReader::take_mark(std::string_view& text, OutputItems& items) {
  const char c = text.front();
  const auto go = [&](Place next) {
    text.remove_prefix(1);
    place_ = next;
    return ReadProgress::kMore;
  };
  switch (place_) {
    case Place::kBegin:
      if (c == '[' && !is_list_)
        is_list_ = true;
      else if (c == '{')
        ++depth_;
      else
        return ReadProgress::kFault;
      return go(c == '[' ? Place::kBegin : Place::kMember);
    case Place::kMember:
      if (c == ',') return go(Place::kMember);
      if (c == '"') {
        scanner_ = {};
        captured_.clear();
        place_ = Place::kKey;
        return ReadProgress::kMore;
      }
      if (c != '}') return ReadProgress::kFault;
      text.remove_prefix(1);
      return end_object(items);
    case Place::kColon:
      return c == ':' ? go(Place::kValue) : ReadProgress::kFault;
    default:
      if (!is_list_) return ReadProgress::kDone;
      if (c == ',') return go(Place::kBegin);
      if (c != ']') return ReadProgress::kFault;
      go(Place::kBetween);
      return ReadProgress::kDone;
  }
}

ReadProgress JsonCallReader::capture(std::string_view& text, Place next) {
  const JsonScanner::Progress progress = scanner_.take(text, captured_);
  if (progress == JsonScanner::Progress::kFault) return ReadProgress::kFault;
  if (progress == JsonScanner::Progress::kMore) return ReadProgress::kMore;
  if (place_ == Place::kKey) key_ = text_of(captured_).value_or("");
  place_ = next;
  return ReadProgress::kMore;
}

ReadProgress JsonCallReader::begin_value(std::string_view& text, OutputItems& items) {
  const char c = text.front();
  const bool is_arguments = key_ == "arguments" || key_ == "parameters" || key_ == "args";
  if (is_arguments && c == '{' && name_) {
    begin_call(items);
    place_ = Place::kArguments;
    return ReadProgress::kMore;
  }
  if (key_ == "function" && c == '{') {
    text.remove_prefix(1);
    ++depth_;
    place_ = Place::kMember;
    return ReadProgress::kMore;
  }
  scanner_ = {};
  captured_.clear();
  place_ = Place::kCaptured;
  return ReadProgress::kMore;
}

ReadProgress JsonCallReader::end_member(OutputItems& items) {
  if (key_ == "name" || key_ == "function") {
    name_ = text_of(captured_);
    if (!name_) return ReadProgress::kFault;
    if (!early_arguments_.empty()) begin_call(items);
  } else if (key_ == "arguments" || key_ == "parameters" || key_ == "args") {
    early_arguments_ = captured_ == "null" ? "" : object_of(captured_);
    if (name_) begin_call(items);
  }
  return ReadProgress::kMore;
}

void JsonCallReader::begin_call(OutputItems& items) {
  if (has_begun_) return;
  has_begun_ = true;
  items.begin(ItemKind::kFunctionCall, *name_);
  if (early_arguments_.empty()) return;
  // What is no JSON, or breaks off, is made whole as it would be if it came now.
  std::string_view rest = early_arguments_;
  arguments_.read(rest, true, items);
}

ReadProgress JsonCallReader::end_object(OutputItems& items) {
  if (--depth_ > 0) return ReadProgress::kMore;
  if (!name_) return ReadProgress::kFault;
  end_early(items);
  name_.reset();
  early_arguments_.clear();
  has_begun_ = false;
  arguments_ = {};
  place_ = Place::kBetween;
  return is_list_ ? ReadProgress::kMore : ReadProgress::kDone;
}

void JsonCallReader::end_early(OutputItems& items) {
  begin_call(items);
  end_call(false, items);
}

// A call without arguments has none.
void JsonCallReader::end_call(bool is_broken, OutputItems& items) {
  if (!items.is_open(ItemKind::kFunctionCall)) return;
  if (items.all().back().text.empty()) items.add(ItemKind::kFunctionCall, "{}");
  items.end(is_broken);
}

}  // namespace octavo
