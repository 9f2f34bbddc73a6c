#include "src/replay/trace/trace_fields.hpp"

#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "tests/support/catch.hpp"

using namespace octavo;

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

std::string fault(const Result<std::int32_t>& length) {
  return length ? "none" : length.error().detail;
}

}  // namespace

TEST_CASE("a name is plain without case and without all but letters and digits") {
  const std::vector<std::pair<std::string_view, std::string_view>> cases{
      {"", ""},
      {"-_ .", ""},
      {"il", "il"},
      {"Num_Prompt-Tokens", "numprompttokens"},
      {"AZ az 09", "azaz09"},
      {"@[`{/:", ""},
      {"l\xC3\xA4nge", "lnge"},
  };
  for (const auto& [name, plain] : cases) {
    CAPTURE(name);
    CHECK(plain_name(name) == plain);
  }
}

TEST_CASE("a field is found under each of its names, however it is spelled") {
  using Names = std::vector<std::string_view>;
  const std::vector<std::pair<TraceField, Names>> cases{
      {TraceField::kArrival,
       {"arrival", "arrivals", "Arrival_Time", "arrived-at", "TIMESTAMP", "relative_timestamp",
        "time", "ts", "start", "arrival_ms", "arrival_s", "ts_ms", "Start (s)", "timestamps"}},
      {TraceField::kInput,
       {"input", "input_length", "inputLen", "input tokens", "num_input_tokens", "il", "ISL",
        "prompt", "prompt_length", "prompt_len", "PromptTokens", "num_prompt_tokens",
        "ContextTokens", "Request tokens", "num_prefill_tokens"}},
      {TraceField::kOutput,
       {"output", "output_length", "output_len", "output tokens", "num_output_tokens", "ol", "OSL",
        "response", "Response tokens", "GeneratedTokens", "completion_tokens",
        "num_completion_tokens", "num_decode_tokens", "decode_tokens", "completion_len"}},
  };
  for (const auto& [field, names] : cases) {
    for (const std::string_view name : names) {
      CAPTURE(name);
      CHECK(trace_field_named(name) == field);
    }
  }
  for (const std::string_view name : {"", "s", "ms", "model", "total_tokens", "input_ms", "outputs",
                                      "prompts", "ttft", "i l s"}) {
    CAPTURE(name);
    CHECK_FALSE(trace_field_named(name).has_value());
  }
}

TEST_CASE("a time is in milliseconds if its name ends so") {
  for (const std::string_view name : {"arrival_ms", "TS MS", "timeMs", "relative_timestamp (ms)"})
    CHECK(is_in_milliseconds(name));
  for (const std::string_view name : {"", "arrival", "arrival_s", "ms_arrival", "times", "m_"})
    CHECK_FALSE(is_in_milliseconds(name));
}

TEST_CASE("a fault is the file's, with its line") {
  const Error error = trace_fault("dir/a.csv", 12, "what is wrong");
  CHECK(error.code == Errc::kInvalidFile);
  CHECK(error.detail == "dir/a.csv:12: what is wrong");
  CHECK(error.param.empty());
}

TEST_CASE("what is quoted is at most 40 bytes and has no control characters") {
  CHECK(quoted("") == "``");
  CHECK(quoted("a b") == "`a b`");
  CHECK(quoted("a\tb\x1F\x7F\xC3") == "`a?b??\xC3`");
  CHECK(quoted(std::string_view("\0", 1)) == "`?`");
  const std::string longest(40, 'x');
  CHECK(quoted(longest) == "`" + longest + "`");
  CHECK(quoted(longest + "y") == "`" + longest + "...`");
}

TEST_CASE("a length is a whole number from 0 to the most that a trace may hold") {
  CHECK(checked_length(0, "input").value() == 0);
  CHECK(checked_length(1, "input").value() == 1);
  CHECK(checked_length(kMaxTraceTokens, "input").value() == kMaxTraceTokens);
  CHECK(fault(checked_length(kMaxTraceTokens + 1.0, "output")) ==
        "the output length 100000001 is not a whole number of 0 to 100000000 tokens");
  for (const double value :
       {-1.0, 0.5, kMaxTraceTokens - 0.5, kInfinity, -kInfinity, std::nan("")}) {
    CAPTURE(value);
    REQUIRE(checked_length(value, "input").has_error());
    CHECK(checked_length(value, "input").error().code == Errc::kInvalidFile);
  }
}

TEST_CASE("a length is read whole or not at all") {
  CHECK(parse_length("5", "input").value() == 5);
  CHECK(parse_length("5.0", "input").value() == 5);
  CHECK(parse_length("1e3", "input").value() == 1000);
  CHECK(parse_length("-0", "input").value() == 0);
  for (const std::string_view text : {"", " 5", "5 ", "+5", "0x10", "5,0", "five", "5.0.0"}) {
    CAPTURE(text);
    CHECK(fault(parse_length(text, "output")) ==
          "the output length " + quoted(text) + " is not a number");
  }
}

TEST_CASE("an arrival is a number of seconds that is neither negative nor beyond all traces") {
  CHECK(checked_arrival(0).value() == 0);
  CHECK(checked_arrival(1.25).value() == 1.25);
  CHECK(checked_arrival(std::nextafter(1e12, 0)).has_value());
  for (const double seconds : {-1e-9, 1e12, kInfinity, std::nan("")}) {
    CAPTURE(seconds);
    REQUIRE(checked_arrival(seconds).has_error());
    CHECK(checked_arrival(seconds).error().code == Errc::kInvalidFile);
  }
}

TEST_CASE("an arrival is in its unit, which a date is not") {
  CHECK(parse_arrival("1500", 1e-3).value() == Approx(1.5));
  CHECK(parse_arrival("1500", 1).value() == 1500);
  CHECK(parse_arrival("1970-01-01 00:00:00", 1e-3).value() == 0);
  CHECK(parse_arrival("1970-01-02T01:02:03.5Z", 1e-3).value() == 86400 + 3600 + 120 + 3.5);
  CHECK(parse_arrival("2023-11-16 18:15:46.6805900", 1).value() ==
        Approx(1700158546.68059).margin(1e-6));
  CHECK(parse_arrival("2024-02-29 00:00:00", 1).value() == 1709164800);
  CHECK(parse_arrival("2016-12-31 23:59:60", 1).value() == 1483228800);  // A leap second.
}

TEST_CASE("what is neither a number nor a date and time is no arrival") {
  for (const std::string_view text :
       {"", "soon", "1 ", "12:30", "2023-11-16 18:15", "2023-11-16 18:15:4", "2023/11/16 18:15:46",
        "2023-11-16_18:15:46", "2023-11-16 24:00:00", "2023-11-16 18:60:00", "2023-11-16 18:15:61",
        "2023-02-29 18:15:46", "2023-00-01 18:15:46", "2023-01-00 18:15:46", "2o23-01-01 18:15:46",
        "2023-11-16 18:15:-1", "2023-11-16 18:15:46+01"}) {
    CAPTURE(text);
    const auto arrival = parse_arrival(text, 1);
    REQUIRE(arrival.has_error());
    CHECK(arrival.error().detail.find("is not an arrival time") != std::string::npos);
  }
}

TEST_CASE("a request begins its hashes where those before it end") {
  Trace trace;
  trace.hashes = {4, 5, 6};
  REQUIRE(append_request(trace, 2.5, 7, 9).has_value());
  REQUIRE(trace.requests.size() == 1);
  CHECK(trace.requests[0].arrival_s == 2.5);
  CHECK(trace.requests[0].num_prompt == 7);
  CHECK(trace.requests[0].num_output == 9);
  CHECK(trace.requests[0].first_hash == 3);
  CHECK(trace.requests[0].num_hashes == 0);
  CHECK(trace.num_unknown_outputs == 0);
}

TEST_CASE("an unknown output is one token and counted, an empty prompt is refused") {
  Trace trace;
  REQUIRE(append_request(trace, 0, 1, 0).has_value());
  REQUIRE(append_request(trace, 0, 1, 1).has_value());
  CHECK(trace.requests[0].num_output == 1);
  CHECK(trace.num_unknown_outputs == 1);
  const auto refused = append_request(trace, 0, 0, 0);
  REQUIRE(refused.has_error());
  CHECK(refused.error().code == Errc::kInvalidFile);
  CHECK(trace.requests.size() == 2);
  CHECK(trace.num_unknown_outputs == 1);
}
