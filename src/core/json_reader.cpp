#include "src/core/json_reader.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <sstream>

namespace octavo {
namespace {

namespace json = boost::json;

const json::array kNoValues;
const json::object kNoMembers;

/// The number, when it is of type T without a loss.
template <class T>
std::optional<T> exact(const json::value& value) {
  boost::system::error_code error;
  const T number = value.to_number<T>(error);
  if (error) return std::nullopt;
  return number;
}

template <class T>
std::string range(std::string_view kind, T low, T high) {
  std::ostringstream out;
  out.precision(12);
  out << kind << " between " << low << " and " << high;
  return out.str();
}

}  // namespace

std::string quote(std::string_view text) {
  std::string quoted(1, '"');
  quoted.append(text.substr(0, 64));
  quoted.push_back('"');
  return quoted;
}

JsonReader::JsonReader(const json::object& object, JsonReader& parent, std::string_view name)
    : object_(object),
      file_(parent.file_),
      on_fault_(parent.on_fault_),
      parent_(&parent),
      path_(parent.path_of(name)) {}

const json::value* JsonReader::find(std::string_view name) const {
  asked_for_.push_back(name);
  const json::value* value = object_.if_contains(name);
  return value == nullptr || value->is_null() ? nullptr : value;
}

std::vector<std::string_view> JsonReader::not_asked_for() const {
  std::vector<std::string_view> names;
  for (const auto& member : object_) {
    const std::string_view name = member.key();
    if (std::ranges::find(asked_for_, name) == asked_for_.end()) names.push_back(name);
  }
  return names;
}

bool JsonReader::read(std::string_view name, std::string& out) {
  const json::value* value = find(name);
  if (value == nullptr) return false;
  if (value->is_string())
    out.assign(value->get_string());
  else
    wrong(name, "a string");
  return value->is_string();
}

bool JsonReader::read(std::string_view name, bool& out) {
  const json::value* value = find(name);
  if (value == nullptr) return false;
  if (value->is_bool())
    out = value->get_bool();
  else
    wrong(name, "true or false");
  return value->is_bool();
}

bool JsonReader::read(std::string_view name, double& out) {
  const json::value* value = find(name);
  if (value == nullptr) return false;
  const bool is_number = value->is_number();
  if (is_number) out = value->to_number<double>();
  if (is_number && std::isfinite(out)) return true;
  wrong(name, is_number ? "a finite number" : "a number");
  return false;
}

bool JsonReader::read(std::string_view name, float& out) {
  double wide = out;
  if (!read(name, wide)) return false;
  out = static_cast<float>(wide);
  if (std::isfinite(out)) return true;
  wrong(name, "a finite number");
  return false;
}

bool JsonReader::read(std::string_view name, std::int64_t& out) {
  const json::value* value = find(name);
  if (value == nullptr) return false;
  const auto number = exact<std::int64_t>(*value);
  if (!number) wrong(name, "an integer");
  out = number.value_or(out);
  return number.has_value();
}

bool JsonReader::read(std::string_view name, std::uint64_t& out) {
  const json::value* value = find(name);
  if (value == nullptr) return false;
  const auto number = exact<std::uint64_t>(*value);
  if (!number) wrong(name, "an integer of 64 bits, 0 or more");
  out = number.value_or(out);
  return number.has_value();
}

bool JsonReader::read(std::string_view name, std::int32_t& out) {
  std::int64_t wide = out;
  if (!read(name, wide)) return false;
  const bool fits = wide >= INT32_MIN && wide <= INT32_MAX;
  if (fits)
    out = static_cast<std::int32_t>(wide);
  else
    wrong(name, "an integer of 32 bits");
  return fits;
}

bool JsonReader::read(std::string_view name, std::vector<std::string>& out) {
  const json::value* value = find(name);
  if (value == nullptr) return false;
  std::vector<std::string> texts;
  bool fits = value->is_array();
  for (const json::value& each : fits ? value->get_array() : kNoValues) {
    fits = fits && each.is_string();
    if (fits) texts.emplace_back(each.get_string());
  }
  if (fits)
    out = std::move(texts);
  else
    wrong(name, "a list of strings");
  return fits;
}

bool JsonReader::read(std::string_view name, std::vector<TokenId>& out) {
  const json::value* value = find(name);
  if (value == nullptr) return false;
  std::vector<TokenId> ids;
  bool fits = value->is_array();
  for (const json::value& each : fits ? value->get_array() : kNoValues) {
    const auto id = exact<TokenId>(each);
    fits = fits && id;
    if (fits) ids.push_back(*id);
  }
  if (fits)
    out = std::move(ids);
  else
    wrong(name, "a list of token ids");
  return fits;
}

std::int64_t JsonReader::integer(std::string_view name, std::int64_t low, std::int64_t high,
                                 std::optional<std::int64_t> fallback) {
  const json::value* value = find(name);
  if (value != nullptr) return as_integer(name, *value, low, high);
  if (!fallback) missing(name);
  return fallback.value_or(low);
}

double JsonReader::number(std::string_view name, double low, double high,
                          std::optional<double> fallback) {
  const json::value* value = find(name);
  if (value == nullptr) {
    if (!fallback) missing(name);
    return fallback.value_or(low);
  }
  const double number =
      value->is_number() ? value->to_number<double>() : std::numeric_limits<double>::quiet_NaN();
  if (number >= low && number <= high) return number;
  wrong(name, range("a number", low, high));
  return low;
}

bool JsonReader::flag(std::string_view name, std::optional<bool> fallback) {
  bool value = fallback.value_or(false);
  if (!fallback && !has(name)) missing(name);
  read(name, value);
  return value;
}

std::string JsonReader::text(std::string_view name, std::optional<std::string_view> fallback) {
  std::string value(fallback.value_or(""));
  if (!fallback && !has(name)) missing(name);
  read(name, value);
  return value;
}

const json::array& JsonReader::array(std::string_view name) {
  if (const json::value* value = find(name)) return as_array(name, *value);
  missing(name);
  return kNoValues;
}

const json::object& JsonReader::object(std::string_view name) {
  if (const json::value* value = find(name)) return as_object(name, *value);
  missing(name);
  return kNoMembers;
}

std::int64_t JsonReader::as_integer(std::string_view name, const json::value& value,
                                    std::int64_t low, std::int64_t high) {
  const auto number = exact<std::int64_t>(value);
  if (number && *number >= low && *number <= high) return *number;
  wrong(name, range("an integer", low, high));
  return low;
}

std::string_view JsonReader::as_text(std::string_view name, const json::value& value) {
  if (value.is_string()) return value.get_string();
  wrong(name, "a string");
  return {};
}

const json::array& JsonReader::as_array(std::string_view name, const json::value& value) {
  if (value.is_array()) return value.get_array();
  wrong(name, "a list");
  return kNoValues;
}

const json::object& JsonReader::as_object(std::string_view name, const json::value& value) {
  if (value.is_object()) return value.get_object();
  wrong(name, "an object");
  return kNoMembers;
}

std::string JsonReader::path_of(std::string_view name) const {
  return path_.empty() ? std::string(name) : path_ + "." + std::string(name);
}

// A file's reader has the path in front of every fault, see `fail`.
std::string JsonReader::named(std::string_view name) const {
  return file_.empty() ? path_of(name) : quote(name);
}

void JsonReader::wrong(std::string_view name, std::string_view expected) {
  fail(file_.empty() ? Errc::kInvalidValue : Errc::kInvalidFile,
       named(name) + " must be " + std::string(expected), name);
}

void JsonReader::missing(std::string_view name) {
  fail(file_.empty() ? Errc::kInvalidValue : Errc::kInvalidFile, named(name) + " is missing", name);
}

void JsonReader::unsupported(std::string_view name, std::string_view why) {
  fail(file_.empty() ? Errc::kUnsupportedParameter : Errc::kUnsupportedModel, why, name);
}

void JsonReader::fail(Errc code, std::string_view what, std::string_view name) {
  if (error()) return;
  Error error{code, std::string(what), ""};
  if (file_.empty())
    error.param = path_of(name);
  else
    error.detail = file_ + ": " + (path_.empty() ? "" : path_ + ": ") + error.detail;
  if (on_fault_ == OnFault::kThrow) throw error;
  JsonReader* root = this;
  while (root->parent_ != nullptr) root = root->parent_;
  root->error_ = std::move(error);
}

}  // namespace octavo
