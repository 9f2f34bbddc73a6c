#include <array>
#include <charconv>
#include <cstdio>
#include <ctime>

#include "src/text/jinja/builtins.hpp"

namespace octavo::jinja {
namespace {

Text format_one(char kind, const Value& value) {
  if (kind == 's') return to_text(value);
  if (kind == 'r') return to_repr(value);
  if ((kind == 'd' || kind == 'i') && value.is_number()) {
    return Text(std::to_string(value.as_int()));
  }
  fail(std::string("The format '%") + kind + "' is not supported for a value of type '" +
       std::string(value.type_name()) + "'.");
}

std::tm parse_time(std::string_view now) {
  std::tm time{};
  const std::array<int*, 6> fields{&time.tm_year, &time.tm_mon, &time.tm_mday,
                                   &time.tm_hour, &time.tm_min, &time.tm_sec};
  const char* at = now.data();
  const char* const end = now.data() + now.size();
  std::size_t num_fields = 0;
  for (int* field : fields) {
    const auto [next, error] = std::from_chars(at, end, *field);
    if (error != std::errc{}) break;
    ++num_fields;
    at = next == end ? next : next + 1;
  }
  const bool is_valid = num_fields >= 3 && time.tm_year >= 1900 && time.tm_year <= 9999 &&
                        time.tm_mon >= 1 && time.tm_mon <= 12 && time.tm_mday >= 1 &&
                        time.tm_mday <= 31 && time.tm_hour >= 0 && time.tm_hour < 24 &&
                        time.tm_min >= 0 && time.tm_min < 60 && time.tm_sec >= 0 &&
                        time.tm_sec <= 60;
  if (!is_valid) fail("'now' must be a time such as 2024-07-26T12:00:00.");
  time.tm_year -= 1900;
  time.tm_mon -= 1;
  time.tm_isdst = 0;
  // Only fills in the days of the week and the year.
  static_cast<void>(timegm(&time));
  return time;
}

}  // namespace

std::string format_time(std::string_view now, std::string_view format) {
  constexpr std::size_t kMaxFormatBytes = 256;
  if (format.size() > kMaxFormatBytes) fail("The format of strftime_now is too long.");
  const std::tm time = parse_time(now);
  std::array<char, 16 * kMaxFormatBytes> buffer{};
  const std::string terminated(format);
  const std::size_t length = std::strftime(buffer.data(), buffer.size(), terminated.c_str(), &time);
  return {buffer.data(), length};
}

Text format_percent(const Text& format, const Value& arguments) {
  const bool is_tuple = arguments.is_list() && arguments.as_list().is_tuple;
  const std::vector<Value> values =
      is_tuple ? arguments.as_list().items : std::vector<Value>{arguments};
  Text out;
  std::size_t num_used = 0;
  std::size_t begin = 0;
  const std::string& bytes = format.bytes();
  for (std::size_t at = bytes.find('%'); at != std::string::npos; at = bytes.find('%', begin)) {
    out.append(format.part(begin, at));
    if (at + 1 >= bytes.size()) fail("A format ends in '%'.");
    if (bytes[at + 1] == '%') {
      out.append(format.part(at, at + 1));
    } else {
      if (num_used >= values.size()) fail("There are too few values for the format.");
      out.append(format_one(bytes[at + 1], values[num_used++]));
    }
    begin = at + 2;
  }
  if (num_used < values.size()) fail("There are too many values for the format.");
  out.append(format.part(begin, bytes.size()));
  return out;
}

Text format_braces(const Text& format, const Args& args) {
  Text out;
  std::size_t next_index = 0;
  const std::string& bytes = format.bytes();
  std::size_t begin = 0;
  for (std::size_t at = bytes.find_first_of("{}"); at != std::string::npos;
       at = bytes.find_first_of("{}", begin)) {
    out.append(format.part(begin, at));
    if (at + 1 < bytes.size() && bytes[at + 1] == bytes[at]) {
      out.append(format.part(at, at + 1));
      begin = at + 2;
      continue;
    }
    const std::size_t end = bytes.find('}', at);
    if (bytes[at] == '}' || end == std::string::npos)
      fail("A format has a brace without its other.");
    const std::string field = bytes.substr(at + 1, end - at - 1);
    std::size_t index = next_index;
    const auto [stop, error] = std::from_chars(field.data(), field.data() + field.size(), index);
    const bool is_index = error == std::errc{} && stop == field.data() + field.size();
    const Value* value = nullptr;
    if (field.empty() || is_index) {
      if (field.empty()) ++next_index;
      if (index < args.positional.size()) value = &args.positional[index];
    } else {
      for (const auto& [name, named] : args.named) {
        if (name == field) value = &named;
      }
    }
    if (value == nullptr) fail("The format's field '" + field + "' has no value.");
    out.append(to_text(*value));
    begin = end + 1;
  }
  out.append(format.part(begin, bytes.size()));
  return out;
}

}  // namespace octavo::jinja
