#include "src/replay/trace/csv_trace.hpp"

#include <array>
#include <vector>

#include "src/core/trim.hpp"
#include "src/replay/trace/text_lines.hpp"
#include "src/replay/trace/trace_fields.hpp"

namespace octavo {
namespace {

struct Columns {
  char separator = ',';
  std::array<std::ptrdiff_t, 3> place{-1, -1, -1};  ///< [TraceField], -1: absent.
  double unit_s = 1;                                ///< The unit of the arrivals.
  bool is_known = false;

  std::ptrdiff_t operator[](TraceField field) const {
    return place[static_cast<std::size_t>(field)];
  }
};

std::vector<std::string_view> split(std::string_view line, char separator) {
  std::vector<std::string_view> cells;
  for (;;) {
    const std::size_t end = line.find(separator);
    cells.push_back(trim(line.substr(0, end), " \""));
    if (end == std::string_view::npos) return cells;
    line.remove_prefix(end + 1);
  }
}

char separator_of(std::string_view line) {
  for (const char separator : {'\t', ',', ';'}) {
    if (line.find(separator) != std::string_view::npos) return separator;
  }
  return ',';
}

Columns columns_of(std::string_view header) {
  Columns columns;
  columns.separator = separator_of(header);
  const auto names = split(header, columns.separator);
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto field = trace_field_named(names[i]);
    if (!field || columns[*field] >= 0) continue;
    columns.place[static_cast<std::size_t>(*field)] = static_cast<std::ptrdiff_t>(i);
    if (*field == TraceField::kArrival && is_in_milliseconds(names[i])) columns.unit_s = 1e-3;
  }
  columns.is_known = columns[TraceField::kInput] >= 0;
  return columns;
}

// "# columns: relative_timestamp_ms\tinput_tokens": with real tabs, or with the two characters.
Columns columns_of_comment(std::string_view comment) {
  constexpr std::string_view kMark = "columns:";
  const std::size_t mark = comment.find(kMark);
  if (mark == std::string_view::npos) return {};
  std::string header(comment.substr(mark + kMark.size()));
  for (std::size_t at = header.find("\\t"); at != std::string::npos; at = header.find("\\t"))
    header.replace(at, 2, "\t");
  return columns_of(header);
}

Result<void> append_row(const std::vector<std::string_view>& cells, const Columns& columns,
                        Trace& trace) {
  const auto cell = [&](TraceField field) {
    return cells[static_cast<std::size_t>(columns[field])];
  };
  const auto input = parse_length(cell(TraceField::kInput), "input");
  if (!input) return input.error();
  std::int32_t num_output = 0;
  if (columns[TraceField::kOutput] >= 0) {
    const auto output = parse_length(cell(TraceField::kOutput), "output");
    if (!output) return output.error();
    num_output = *output;
  }
  double arrival_s = 0;
  if (columns[TraceField::kArrival] >= 0) {
    const auto arrival = parse_arrival(cell(TraceField::kArrival), columns.unit_s);
    if (!arrival) return arrival.error();
    arrival_s = *arrival;
  }
  return append_request(trace, arrival_s, *input, num_output);
}

}  // namespace

Result<Trace> parse_csv_trace(std::string_view text, const std::string& name) {
  Trace trace;
  Columns columns;
  TextLines lines(text);
  while (const auto line = lines.next()) {
    if (line->empty()) continue;
    if (line->front() == '#') {
      if (!columns.is_known) columns = columns_of_comment(*line);
      continue;
    }
    if (!columns.is_known) {
      columns = columns_of(*line);
      if (columns.is_known) continue;
      return trace_fault(name, lines.number(),
                         "no column of the input's length: the header " + quoted(*line) +
                             " should name columns, such as arrival,input,output");
    }
    const auto cells = split(*line, columns.separator);
    for (const std::ptrdiff_t place : columns.place) {
      if (place >= static_cast<std::ptrdiff_t>(cells.size())) {
        return trace_fault(name, lines.number(),
                           "the row has " + std::to_string(cells.size()) + " columns and column " +
                               std::to_string(place + 1) + " is needed");
      }
    }
    if (auto row = append_row(cells, columns, trace); !row)
      return trace_fault(name, lines.number(), row.error().detail);
  }
  trace.has_arrivals = columns[TraceField::kArrival] >= 0;
  return trace;
}

}  // namespace octavo
