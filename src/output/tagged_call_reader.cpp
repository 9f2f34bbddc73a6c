#include "src/output/tagged_call_reader.hpp"

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/string.hpp>

#include "src/core/trim.hpp"
#include "src/output/mark_search.hpp"

namespace octavo {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxNameBytes = 256;

std::string quoted(std::string_view text) { return json::serialize(json::string(text)); }

// A part of a string, without the quotes around the whole.
std::string escaped(std::string_view text) {
  const std::string whole = quoted(text);
  return whole.substr(1, whole.size() - 2);
}

bool is_name(std::string_view text) {
  return !text.empty() && text.find_first_of("<>\n") == std::string_view::npos;
}

// What its function's schema says of an argument; null where it says nothing.
const json::object* schema_of(const std::vector<Tool>& tools, std::string_view function,
                              std::string_view argument) {
  const auto tool = std::ranges::find(tools, function, &Tool::name);
  if (tool == tools.end()) return nullptr;
  const auto* properties = tool->parameters.if_contains("properties");
  if (properties == nullptr || !properties->is_object()) return nullptr;
  const auto* schema = properties->get_object().if_contains(argument);
  return schema == nullptr ? nullptr : schema->if_object();
}

bool is_string(const json::object& schema) {
  const auto* type = schema.if_contains("type");
  if (type == nullptr) return false;
  if (type->is_string()) return *type == "string";
  return type->is_array() && type->get_array().size() == 1 && type->get_array()[0] == "string";
}

// One of a few words: blanks around it are the model's way to write.
bool is_word(const json::object& schema) {
  return is_string(schema) && (schema.contains("enum") || schema.contains("const"));
}

// A value that is no JSON is a string after all.
std::string json_of(std::string_view value) {
  value = trim(value, kBlanks);
  if (value == "True") return "true";
  if (value == "False") return "false";
  if (value == "None") return "null";
  json::parse_options options;
  options.max_depth = 256;
  boost::system::error_code error;
  json::parse(value, error, {}, options);
  return error ? quoted(value) : std::string(value);
}

}  // namespace

ReadProgress TaggedCallReader::read(std::string_view& text, bool is_last, OutputItems& items) {
  const ReadProgress progress = repeat(place_, text, [&] { return step(text, is_last, items); });
  if (progress == ReadProgress::kDone) end_call(items, false);
  if (progress == ReadProgress::kDone || (progress == ReadProgress::kMore && !is_last))
    return progress;
  if (!has_begun_) return ReadProgress::kFault;
  if (place_ == Place::kKey && progress != ReadProgress::kFault) text = {};  // Cut short.
  if (place_ == Place::kValue || place_ == Place::kValueBegin) end_value(items);
  end_call(items, true);
  return progress == ReadProgress::kFault ? progress : ReadProgress::kDone;
}

ReadProgress TaggedCallReader::step(std::string_view& text, bool is_last, OutputItems& items) {
  if (place_ == Place::kValue) return take_value(text, is_last, items);
  if (place_ != Place::kKey) text.remove_prefix(num_leading_blanks(text));
  switch (place_) {
    case Place::kName:
      return take_name(text, items);
    case Place::kNext:
      return take_next(text, items);
    case Place::kKey:
      return take_key(text, items);
    default:
      return take_value_begin(text);
  }
}

ReadProgress TaggedCallReader::take_name(std::string_view& text, OutputItems& items) {
  const Starts starts = starts_with(text, name_begin_);
  if (starts != Starts::kYes)
    return starts == Starts::kNo ? ReadProgress::kFault : ReadProgress::kMore;
  const std::string_view rest = text.substr(name_begin_.size());
  const std::array<std::string_view, 3> marks{tags_.name_end.empty() ? "\n" : tags_.name_end,
                                              tags_.name_end.empty() ? tags_.key_begin : "",
                                              tags_.name_end.empty() ? tags_.call_end : ""};
  const BoundedMark end = find_within(rest, marks, kMaxNameBytes);
  const FoundMark& found = end.found;
  if (!found.is_found()) return end.may_come ? ReadProgress::kMore : ReadProgress::kFault;
  const std::string_view name = trim(rest.substr(0, found.begin), kBlanks);
  if (!is_name(name)) return ReadProgress::kFault;
  name_ = name;
  has_begun_ = true;
  items.begin(ItemKind::kFunctionCall, name_);
  items.add(ItemKind::kFunctionCall, "{");
  text = rest.substr(found.begin + tags_.name_end.size());
  place_ = Place::kNext;
  return ReadProgress::kMore;
}

ReadProgress TaggedCallReader::take_next(std::string_view& text, OutputItems&) {
  if (text.empty()) return ReadProgress::kMore;
  const Starts ends = starts_with(text, tags_.call_end);
  if (ends == Starts::kYes) {
    text.remove_prefix(tags_.call_end.size());
    return ReadProgress::kDone;
  }
  // A model may forget the inner end and write the outer one.
  Starts closes = Starts::kNo;
  for (const std::string_view closer : closers_) {
    const Starts starts = starts_with(text, closer);
    if (starts == Starts::kYes) return ReadProgress::kDone;
    if (starts == Starts::kPerhaps) closes = starts;
  }
  const Starts begins = starts_with(text, tags_.key_begin);
  if (begins == Starts::kYes) {
    text.remove_prefix(tags_.key_begin.size());
    place_ = Place::kKey;
    return ReadProgress::kMore;
  }
  const bool may_become =
      begins == Starts::kPerhaps || ends == Starts::kPerhaps || closes == Starts::kPerhaps;
  return may_become ? ReadProgress::kMore : ReadProgress::kFault;
}

ReadProgress TaggedCallReader::take_key(std::string_view& text, OutputItems& items) {
  const std::string_view ends[]{tags_.key_end};
  const BoundedMark end = find_within(text, ends, kMaxNameBytes);
  if (!end.found.is_found()) return end.may_come ? ReadProgress::kMore : ReadProgress::kFault;
  const std::string_view key = trim(text.substr(0, end.found.begin), kBlanks);
  items.add(ItemKind::kFunctionCall, (has_arguments_ ? "," : "") + quoted(key) + ":");
  has_arguments_ = true;
  const json::object* schema = schema_of(tools_, name_, key);
  is_word_ = schema != nullptr && is_word(*schema);
  is_text_ = schema == nullptr || (is_string(*schema) && !is_word_);
  if (is_text_) items.add(ItemKind::kFunctionCall, "\"");
  is_at_begin_ = true;
  value_.clear();
  text.remove_prefix(end.found.begin + tags_.key_end.size());
  place_ = tags_.value_begin.empty() ? Place::kValue : Place::kValueBegin;
  return ReadProgress::kMore;
}

ReadProgress TaggedCallReader::take_value_begin(std::string_view& text) {
  const Starts starts = starts_with(text, tags_.value_begin);
  if (starts == Starts::kNo) return ReadProgress::kFault;
  if (starts == Starts::kPerhaps) return ReadProgress::kMore;
  text.remove_prefix(tags_.value_begin.size());
  place_ = Place::kValue;
  return ReadProgress::kMore;
}

// One line break after the tag and one before the next belong to the tags.
ReadProgress TaggedCallReader::take_value(std::string_view& text, bool is_last,
                                          OutputItems& items) {
  const std::string end_in_line = "\n" + std::string(tags_.value_end);
  const std::array<std::string_view, 2> ends{end_in_line, tags_.value_end};
  if (is_at_begin_) {
    if (text.empty()) return ReadProgress::kMore;
    const bool is_empty = starts_with(text, end_in_line) == Starts::kYes;
    if (starts_with(text, end_in_line) == Starts::kPerhaps && !is_last) return ReadProgress::kMore;
    if (text.front() == '\n' && !is_empty) text.remove_prefix(1);
    is_at_begin_ = false;
  }
  const FoundMark found = find_first(text, ends);
  const std::size_t num_held = found.is_found() || is_last ? 0 : num_begun(text, ends);
  const std::string_view value =
      found.is_found() ? text.substr(0, found.begin) : text.substr(0, text.size() - num_held);
  if (is_text_) items.add(ItemKind::kFunctionCall, escaped(value));
  value_ += is_text_ ? "" : value;
  text.remove_prefix(value.size() + (found.is_found() ? found.mark.size() : 0));
  if (!found.is_found()) return ReadProgress::kMore;
  end_value(items);
  place_ = Place::kNext;
  return ReadProgress::kMore;
}

void TaggedCallReader::end_value(OutputItems& items) {
  items.add(ItemKind::kFunctionCall, is_text_   ? "\""
                                     : is_word_ ? quoted(trim(value_, kBlanks))
                                                : json_of(value_));
}

void TaggedCallReader::end_call(OutputItems& items, bool is_broken) {
  items.add(ItemKind::kFunctionCall, "}");
  items.end(is_broken);
}

}  // namespace octavo
