#include "src/replay/trace/trace_reader.hpp"

#include <algorithm>

#include "src/replay/trace/csv_trace.hpp"
#include "src/replay/trace/gzip_file.hpp"
#include "src/replay/trace/json_trace.hpp"
#include "src/replay/trace/length_mix.hpp"

namespace octavo {

Result<Trace> parse_trace(std::string_view text, const std::string& name) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  const std::size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return Error{Errc::kInvalidFile, name + ": is empty", ""};
  const bool is_json = text[begin] == '{' || text[begin] == '[';
  auto trace = is_json ? parse_json_trace(text, name) : parse_csv_trace(text, name);
  if (!trace) return trace;
  auto& requests = trace->requests;
  if (requests.empty()) return Error{Errc::kInvalidFile, name + ": has no requests", ""};
  std::stable_sort(requests.begin(), requests.end(), [](const auto& left, const auto& right) {
    return left.arrival_s < right.arrival_s;
  });
  const double first_s = requests.front().arrival_s;
  for (TraceRequest& request : requests) request.arrival_s -= first_s;
  trace->name = name;
  return trace;
}

Result<Trace> read_trace(const std::string& path, std::uint64_t seed) {
  if (auto mix = synthetic_trace(path, seed)) return std::move(*mix);
  const auto text = read_maybe_gzip(path);
  if (!text) return text.error();
  return parse_trace(*text, path);
}

}  // namespace octavo
