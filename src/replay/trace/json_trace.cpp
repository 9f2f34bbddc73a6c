#include "src/replay/trace/json_trace.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <charconv>
#include <optional>

#include "src/replay/trace/text_lines.hpp"
#include "src/replay/trace/trace_fields.hpp"

namespace octavo {
namespace {

namespace json = boost::json;

constexpr std::int32_t kMooncakeSpan = 512;
constexpr std::int32_t kRtpSpan = 1024;

std::optional<double> number_in(const json::value& value) {
  if (value.is_double()) return value.get_double();
  if (value.is_int64()) return static_cast<double>(value.get_int64());
  if (value.is_uint64()) return static_cast<double>(value.get_uint64());
  return std::nullopt;
}

const json::value* find(const json::object& object, TraceField field, std::string* key) {
  for (const auto& member : object) {
    if (trace_field_named(member.key()) == field) {
      *key = member.key();
      return &member.value();
    }
  }
  return nullptr;
}

Result<std::int32_t> length_in(const json::value& value, std::string_view what) {
  const auto number = number_in(value);
  if (!number) {
    return Error{Errc::kInvalidFile, "the " + std::string(what) + " length is not a number", ""};
  }
  return checked_length(*number, what);
}

// Numbers, or numbers in strings where they exceed what a double holds.
Result<std::uint64_t> hash_in(const json::value& value) {
  if (value.is_int64()) return static_cast<std::uint64_t>(value.get_int64());
  if (value.is_uint64()) return value.get_uint64();
  if (value.is_string()) {
    const json::string& text = value.get_string();
    std::uint64_t hash = 0;
    const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), hash);
    if (error == std::errc() && rest == text.data() + text.size() && !text.empty()) return hash;
  }
  return Error{Errc::kInvalidFile, "a hash of the prompt is not a 64-bit number", ""};
}

/// Null when there is none, or nothing in it.
const json::value* hashes_in(const json::object& row, const char* name) {
  const json::value* list = row.if_contains(name);
  return list == nullptr || list->is_null() ? nullptr : list;
}

Result<void> append_hashes(const json::object& row, Trace& trace) {
  const json::value* mooncake = hashes_in(row, "hash_ids");
  const json::value* rtp = hashes_in(row, "bh");
  if (mooncake != nullptr && rtp != nullptr)
    return Error{Errc::kInvalidFile, "a row has hash_ids or bh, and this one has both", ""};
  const json::value* list = mooncake != nullptr ? mooncake : rtp;
  if (list == nullptr) return {};
  const std::int32_t span = mooncake != nullptr ? kMooncakeSpan : kRtpSpan;
  if (trace.hash_span != 0 && trace.hash_span != span) {
    return Error{Errc::kInvalidFile,
                 "a hash stands for " + std::to_string(span) + " tokens here and for " +
                     std::to_string(trace.hash_span) +
                     " in the rows above: a trace has hash_ids or bh, not both",
                 ""};
  }
  if (!list->is_array())
    return Error{Errc::kInvalidFile, "the hashes of the prompt are not a list", ""};
  TraceRequest& request = trace.requests.back();
  const json::array& hashes = list->get_array();
  if (hashes.size() > (static_cast<std::size_t>(request.num_prompt) + span - 1) / span) {
    return Error{Errc::kInvalidFile,
                 std::to_string(hashes.size()) + " hashes of " + std::to_string(span) +
                     " tokens are more than a prompt of " + std::to_string(request.num_prompt) +
                     " has",
                 ""};
  }
  trace.hash_span = span;
  for (const json::value& each : hashes) {
    const auto hash = hash_in(each);
    if (!hash) return hash.error();
    trace.hashes.push_back(*hash);
  }
  request.num_hashes = static_cast<std::uint32_t>(hashes.size());
  return {};
}

Result<void> append_row(const json::object& row, Trace& trace) {
  std::string key;
  const json::value* input = find(row, TraceField::kInput, &key);
  if (input == nullptr) {
    return Error{Errc::kInvalidFile,
                 "no input length: a row has input_length and output_length, or il and ol", ""};
  }
  const auto num_prompt = length_in(*input, "input");
  if (!num_prompt) return num_prompt.error();
  std::int32_t num_output = 0;
  if (const json::value* output = find(row, TraceField::kOutput, &key)) {
    const auto length = length_in(*output, "output");
    if (!length) return length.error();
    num_output = *length;
  }
  double arrival_s = 0;
  if (const json::value* arrival = find(row, TraceField::kArrival, &key)) {
    if (!trace.has_arrivals && !trace.requests.empty())
      return Error{Errc::kInvalidFile, "an arrival time, and the rows above have none", ""};
    const auto number = number_in(*arrival);
    if (!number) return Error{Errc::kInvalidFile, "the arrival time is not a number", ""};
    // The published formats count in milliseconds under plain names.
    const bool is_ms = is_in_milliseconds(key) || key == "timestamp" || key == "ts";
    const auto checked = checked_arrival(*number * (is_ms ? 1e-3 : 1.0));
    if (!checked) return checked.error();
    arrival_s = *checked;
    trace.has_arrivals = true;
  } else if (trace.has_arrivals) {
    return Error{Errc::kInvalidFile, "no arrival time, and the rows above have one", ""};
  }
  if (auto appended = append_request(trace, arrival_s, *num_prompt, num_output); !appended)
    return appended.error();
  return append_hashes(row, trace);
}

Result<Trace> parse_lists(const json::object& object, const std::string& name) {
  std::string key;
  const json::value* inputs = find(object, TraceField::kInput, &key);
  const json::value* outputs = find(object, TraceField::kOutput, &key);
  if (inputs == nullptr || !inputs->is_array() || outputs == nullptr || !outputs->is_array() ||
      inputs->get_array().size() != outputs->get_array().size()) {
    return trace_fault(name, 1,
                       "neither a request a line nor two lists of the same length, such as "
                       "prompt_len and output_len");
  }
  Trace trace;
  for (std::size_t i = 0; i < inputs->get_array().size(); ++i) {
    const std::string entry = "entry " + std::to_string(i) + ": ";
    const auto num_prompt = length_in(inputs->get_array()[i], "input");
    if (!num_prompt) return trace_fault(name, 1, entry + num_prompt.error().detail);
    const auto num_output = length_in(outputs->get_array()[i], "output");
    if (!num_output) return trace_fault(name, 1, entry + num_output.error().detail);
    if (auto appended = append_request(trace, 0, *num_prompt, *num_output); !appended)
      return trace_fault(name, 1, entry + appended.error().detail);
  }
  return trace;
}

}  // namespace

Result<Trace> parse_json_trace(std::string_view text, const std::string& name) {
  boost::system::error_code code;
  const json::value whole = json::parse(json::string_view(text.data(), text.size()), code);
  std::string key;
  if (!code && whole.is_object()) {
    const json::value* inputs = find(whole.get_object(), TraceField::kInput, &key);
    if (inputs == nullptr || inputs->is_array()) return parse_lists(whole.get_object(), name);
  }
  Trace trace;
  TextLines lines(text);
  while (const auto line = lines.next()) {
    if (line->find_first_not_of(" \t") == std::string_view::npos) continue;
    const json::value row = json::parse(json::string_view(line->data(), line->size()), code);
    if (code) return trace_fault(name, lines.number(), "not JSON: " + code.message());
    if (!row.is_object()) return trace_fault(name, lines.number(), "not a JSON object");
    if (auto appended = append_row(row.get_object(), trace); !appended)
      return trace_fault(name, lines.number(), appended.error().detail);
  }
  return trace;
}

}  // namespace octavo
