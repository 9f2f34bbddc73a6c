// The clock of `strftime_now`.
#include <array>
#include <charconv>
#include <ctime>

#include "src/text/jinja/builtins.hpp"

namespace octavo::jinja {
namespace {

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

}  // namespace octavo::jinja
