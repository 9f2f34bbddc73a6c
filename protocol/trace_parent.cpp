#include "protocol/trace_parent.hpp"

#include <algorithm>

namespace octavo {
namespace {

// version "-" trace-id "-" parent-id "-" trace-flags
constexpr std::size_t kVersion = 0;
constexpr std::size_t kTrace = 3;
constexpr std::size_t kParent = 36;
constexpr std::size_t kFlags = 53;
constexpr std::size_t kSize = 55;

bool is_hex(std::string_view text) {
  return std::ranges::all_of(
      text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool is_zero(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c == '0'; });
}

}  // namespace

std::string trace_id_of(std::string_view text) {
  if (text.size() < kSize) return "";
  const std::string_view version = text.substr(kVersion, 2);
  const std::string_view trace = text.substr(kTrace, 32);
  const std::string_view parent = text.substr(kParent, 16);
  const bool has_dashes =
      text[kTrace - 1] == '-' && text[kParent - 1] == '-' && text[kFlags - 1] == '-';
  if (!has_dashes || !is_hex(version) || version == "ff") return "";
  // A version of the future may add fields after a dash.
  if (text.size() > kSize && (version == "00" || text[kSize] != '-')) return "";
  if (!is_hex(trace) || is_zero(trace) || !is_hex(parent) || is_zero(parent)) return "";
  if (!is_hex(text.substr(kFlags, 2))) return "";
  return std::string(trace);
}

std::string trace_id_of(const boost::beast::http::fields& head) {
  const auto [first, end] = head.equal_range("traceparent");
  if (first == end || std::next(first) != end) return "";
  return trace_id_of(std::string_view(first->value().data(), first->value().size()));
}

}  // namespace octavo
