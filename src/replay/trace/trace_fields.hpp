// The spellings and the ranges of a trace's fields, alike in every format.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "src/core/result.hpp"
#include "src/replay/trace/trace.hpp"

namespace octavo {

enum class TraceField : std::uint8_t { kArrival, kInput, kOutput };

/// "Num_Prompt-Tokens" and "numprompttokens" are one name: letters and digits, in lower case.
std::string plain_name(std::string_view name);
/// Which field a column or a member of that name is, if any.
std::optional<TraceField> trace_field_named(std::string_view name);
/// Whether the name says that the time is in milliseconds.
bool is_in_milliseconds(std::string_view name);

/// "file:line: what"
Error trace_fault(const std::string& name, std::size_t line, const std::string& what);
/// At most 40 bytes of `text`, in backquotes, control characters as `?`.
std::string quoted(std::string_view text);

/// A whole number of tokens of 0 to kMaxTraceTokens. `what` names the field in errors.
[[nodiscard]] Result<std::int32_t> parse_length(std::string_view text, std::string_view what);
[[nodiscard]] Result<std::int32_t> checked_length(double value, std::string_view what);
constexpr std::int32_t kMaxTraceTokens = 100'000'000;

/// Seconds from a number (scaled to seconds by `unit_s`) or from "2023-11-16 18:15:46.6805900".
[[nodiscard]] Result<double> parse_arrival(std::string_view text, double unit_s);
[[nodiscard]] Result<double> checked_arrival(double seconds);

/// Refuses prompts of no tokens, counts unknown outputs and appends the request.
[[nodiscard]] Result<void> append_request(Trace& trace, double arrival_s, std::int32_t num_prompt,
                                          std::int32_t num_output);

}  // namespace octavo
