#include "src/model/config_reader.hpp"

#include <boost/json.hpp>
#include <cmath>
#include <sstream>

namespace octavo {
namespace {

std::string range(double low, double high) {
  std::ostringstream out;
  out.precision(12);
  out << " between " << low << " and " << high;
  return out.str();
}

std::optional<double> to_double(const boost::json::value& value) {
  if (value.is_int64()) return static_cast<double>(value.get_int64());
  if (value.is_uint64()) return static_cast<double>(value.get_uint64());
  if (value.is_double()) return value.get_double();
  return std::nullopt;
}

}  // namespace

std::string quote(std::string_view text) {
  std::string quoted(1, '"');
  quoted.append(text.substr(0, 64));
  quoted.push_back('"');
  return quoted;
}

const boost::json::value* ConfigReader::find(std::string_view key) const {
  const auto* value = object_.if_contains(boost::json::string_view(key.data(), key.size()));
  return value != nullptr && !value->is_null() ? value : nullptr;
}

void ConfigReader::fail(Errc code, const std::string& what) {
  if (!fault_) fault_ = Error{code, where_ + ": " + what, ""};
}

double ConfigReader::number(std::string_view key, double low, double high,
                            std::optional<double> fallback) {
  const auto* value = find(key);
  if (value == nullptr) {
    if (!fallback) fail(Errc::kInvalidFile, quote(key) + " is missing");
    return fallback.value_or(low);
  }
  const auto number = to_double(*value);
  if (number && *number >= low && *number <= high) return *number;
  fail(Errc::kInvalidFile, quote(key) + " must be a number" + range(low, high));
  return low;
}

std::int64_t ConfigReader::integer(std::string_view key, std::int64_t low, std::int64_t high,
                                   std::optional<std::int64_t> fallback) {
  const auto* value = find(key);
  if (value == nullptr) {
    if (!fallback) fail(Errc::kInvalidFile, quote(key) + " is missing");
    return fallback.value_or(low);
  }
  const auto number = to_double(*value);
  if (number && *number >= static_cast<double>(low) && *number <= static_cast<double>(high) &&
      *number == std::floor(*number)) {
    return static_cast<std::int64_t>(*number);
  }
  fail(Errc::kInvalidFile, quote(key) + " must be an integer" +
                               range(static_cast<double>(low), static_cast<double>(high)));
  return low;
}

bool ConfigReader::flag(std::string_view key, bool fallback) {
  const auto* value = find(key);
  if (value == nullptr) return fallback;
  if (value->is_bool()) return value->get_bool();
  fail(Errc::kInvalidFile, quote(key) + " must be true or false");
  return fallback;
}

std::string ConfigReader::text(std::string_view key, std::string fallback) {
  const auto* value = find(key);
  if (value == nullptr) return fallback;
  if (value->is_string()) return std::string(value->get_string());
  fail(Errc::kInvalidFile, quote(key) + " must be a string");
  return fallback;
}

}  // namespace octavo
