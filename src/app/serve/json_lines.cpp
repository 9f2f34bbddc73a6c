#include "src/app/serve/json_lines.hpp"

#include <spdlog/details/log_msg.h>

#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <ctime>

#include "src/core/json_number.hpp"
#include "src/core/utf8.hpp"

namespace octavo {
namespace {

namespace json = boost::json;

/// As RFC 3339 has it, in UTC, with milliseconds.
std::string timestamp(std::chrono::system_clock::time_point time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  const auto rest = std::chrono::duration_cast<std::chrono::milliseconds>(time - seconds);
  const std::time_t whole = std::chrono::system_clock::to_time_t(seconds);
  std::tm fields{};
  ::gmtime_r(&whole, &fields);
  char text[40];
  std::snprintf(text, sizeof(text), "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", fields.tm_year + 1900,
                fields.tm_mon + 1, fields.tm_mday, fields.tm_hour, fields.tm_min, fields.tm_sec,
                static_cast<int>(rest.count()));
  return text;
}

bool is_name(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
}

/// A value in double quotes, with JSON's escapes where it has any.
json::value unquoted(std::string_view text) {
  boost::system::error_code error;
  json::value value = json::parse(text, error);
  return error ? json::value(text.substr(1, text.size() - 2)) : value;
}

json::value value_of(std::string_view text) {
  const char* const end = text.data() + text.size();
  std::int64_t integer = 0;
  if (const auto [rest, error] = std::from_chars(text.data(), end, integer);
      error == std::errc() && rest == end)
    return integer;
  double number = 0.0;
  const bool begins_as_number = !text.empty() && (text[0] == '-' || std::isdigit(text[0]) != 0);
  if (const auto [rest, error] = std::from_chars(text.data(), end, number);
      begins_as_number && error == std::errc() && rest == end)
    return json_number(number);
  return json::string(text);
}

/// Cuts the first word off, whose blanks may stand in double quotes.
std::string_view take_word(std::string_view& rest) {
  bool is_quoted = false;
  bool is_escaped = false;
  std::size_t at = 0;
  for (; at < rest.size() && (is_quoted || rest[at] != ' '); ++at) {
    if (rest[at] == '"' && !is_escaped) is_quoted = !is_quoted;
    is_escaped = is_quoted && rest[at] == '\\' && !is_escaped;
  }
  const std::string_view word = rest.substr(0, at);
  rest.remove_prefix(std::min(rest.size(), at + 1));
  return word;
}

}  // namespace

std::string json_line(std::chrono::system_clock::time_point time, std::string_view level,
                      std::string_view payload) {
  json::object line{{"time", timestamp(time)}, {"level", level}, {"message", ""}};
  std::string message;
  const std::string text =
      is_valid_utf8(payload) ? std::string(payload) : quotable(payload, payload.size());
  for (std::string_view rest = text; !rest.empty();) {
    const std::string_view word = take_word(rest);
    const std::size_t sign = word.find('=');
    if (sign == std::string_view::npos || !is_name(word.substr(0, sign))) {
      if (!message.empty()) message += ' ';
      message += word;
      continue;
    }
    std::string_view value = word.substr(sign + 1);
    const bool is_quoted = value.size() >= 2 && value.front() == '"' && value.back() == '"';
    const std::string_view name = word.substr(0, sign);
    const bool is_taken = line.contains(name);
    line[is_taken ? std::string(name) + "_" : std::string(name)] =
        is_quoted ? unquoted(value) : value_of(value);
  }
  line["message"] = message;
  return json::serialize(line);
}

void JsonLines::format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& to) {
  const auto level = spdlog::level::to_string_view(message.level);
  const std::string line = json_line(message.time, {level.data(), level.size()},
                                     {message.payload.data(), message.payload.size()});
  to.append(line.data(), line.data() + line.size());
  to.push_back('\n');
}

}  // namespace octavo
