#include "src/replay/trace/trace_fields.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>

namespace octavo {
namespace {

constexpr std::array<std::string_view, 9> kArrivalNames{
    "arrival",           "arrivals", "arrivaltime", "arrivedat", "timestamp",
    "relativetimestamp", "time",     "ts",          "start"};
constexpr std::array<std::string_view, 15> kInputNames{
    "input",         "inputlength",    "inputlen",
    "inputtokens",   "numinputtokens", "il",
    "isl",           "prompt",         "promptlength",
    "promptlen",     "prompttokens",   "numprompttokens",
    "contexttokens", "requesttokens",  "numprefilltokens"};
constexpr std::array<std::string_view, 15> kOutputNames{"output",
                                                        "outputlength",
                                                        "outputlen",
                                                        "outputtokens",
                                                        "numoutputtokens",
                                                        "ol",
                                                        "osl",
                                                        "response",
                                                        "responsetokens",
                                                        "generatedtokens",
                                                        "completiontokens",
                                                        "numcompletiontokens",
                                                        "numdecodetokens",
                                                        "decodetokens",
                                                        "completionlen"};

template <class Names>
bool contains(const Names& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// Without the unit: "arrivalms" is an arrival, and so is "arrivals".
std::string_view without_unit(std::string_view name) {
  for (const std::string_view unit : {"ms", "s"}) {
    if (name.size() > unit.size() && name.ends_with(unit) &&
        contains(kArrivalNames, name.substr(0, name.size() - unit.size())))
      return name.substr(0, name.size() - unit.size());
  }
  return name;
}

Error not_a_time(std::string_view text) {
  return Error{Errc::kInvalidFile,
               quoted(text) + " is not an arrival time: write seconds or 2023-11-16 18:15:46.68",
               ""};
}

template <class Number>
bool read_number(std::string_view text, Number& out) {
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && rest == text.data() + text.size() && !text.empty();
}

// "2023-11-16 18:15:46.6805900": seconds since 1970, exact to 100 ns in a double.
Result<double> parse_date_time(std::string_view text) {
  if (text.ends_with('Z')) text.remove_suffix(1);
  if (text.size() < 19 || text[4] != '-' || text[7] != '-' ||
      (text[10] != ' ' && text[10] != 'T') || text[13] != ':' || text[16] != ':')
    return not_a_time(text);
  int year = 0;
  unsigned month = 0, day = 0, hour = 0, minute = 0;
  double second = 0;
  const bool is_read =
      read_number(text.substr(0, 4), year) && read_number(text.substr(5, 2), month) &&
      read_number(text.substr(8, 2), day) && read_number(text.substr(11, 2), hour) &&
      read_number(text.substr(14, 2), minute) && read_number(text.substr(17), second);
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(month),
                                         std::chrono::day(day)};
  if (!is_read || !date.ok() || hour > 23 || minute > 59 || !(second >= 0 && second < 61))
    return not_a_time(text);
  const auto days = std::chrono::sys_days(date).time_since_epoch().count();
  return static_cast<double>(days) * 86400.0 + hour * 3600.0 + minute * 60.0 + second;
}

}  // namespace

std::string plain_name(std::string_view name) {
  std::string plain;
  for (const char c : name) {
    if (c >= 'A' && c <= 'Z')
      plain += static_cast<char>(c + 32);
    else if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
      plain += c;
  }
  return plain;
}

std::optional<TraceField> trace_field_named(std::string_view name) {
  const std::string plain = plain_name(name);
  if (contains(kArrivalNames, without_unit(plain))) return TraceField::kArrival;
  if (contains(kInputNames, plain)) return TraceField::kInput;
  if (contains(kOutputNames, plain)) return TraceField::kOutput;
  return std::nullopt;
}

bool is_in_milliseconds(std::string_view name) { return plain_name(name).ends_with("ms"); }

Error trace_fault(const std::string& name, std::size_t line, const std::string& what) {
  return Error{Errc::kInvalidFile, name + ":" + std::to_string(line) + ": " + what, ""};
}

std::string quoted(std::string_view text) {
  std::string out = "`";
  for (const char c : text.substr(0, 40))
    out += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c;
  return out + (text.size() > 40 ? "...`" : "`");
}

Result<std::int32_t> checked_length(double value, std::string_view what) {
  if (value >= 0 && value <= kMaxTraceTokens && value == std::floor(value))
    return static_cast<std::int32_t>(value);
  std::array<char, 32> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value);
  return Error{Errc::kInvalidFile,
               "the " + std::string(what) + " length " + std::string(digits.data(), end.ptr) +
                   " is not a whole number of 0 to " + std::to_string(kMaxTraceTokens) + " tokens",
               ""};
}

Result<std::int32_t> parse_length(std::string_view text, std::string_view what) {
  double value = 0;
  if (!read_number(text, value)) {
    return Error{Errc::kInvalidFile,
                 "the " + std::string(what) + " length " + quoted(text) + " is not a number", ""};
  }
  return checked_length(value, what);
}

Result<double> checked_arrival(double seconds) {
  if (seconds >= 0 && seconds < 1e12) return seconds;
  return Error{Errc::kInvalidFile, "an arrival time is a number of 0 or more seconds", ""};
}

Result<double> parse_arrival(std::string_view text, double unit_s) {
  if (text.find(':') != std::string_view::npos) return parse_date_time(text);
  double value = 0;
  if (!read_number(text, value)) return not_a_time(text);
  return checked_arrival(value * unit_s);
}

Result<void> append_request(Trace& trace, double arrival_s, std::int32_t num_prompt,
                            std::int32_t num_output) {
  if (num_prompt == 0)
    return Error{Errc::kInvalidFile, "the input length is 0: a prompt has at least 1 token", ""};
  trace.num_unknown_outputs += num_output == 0 ? 1 : 0;
  const auto first_hash = static_cast<std::uint32_t>(trace.hashes.size());
  trace.requests.push_back({arrival_s, num_prompt, std::max(1, num_output), first_hash, 0});
  return {};
}

}  // namespace octavo
