#include "src/replay/trace/json_trace.hpp"

#include <utility>
#include <vector>

#include "tests/support/catch.hpp"

using namespace octavo;

namespace {

Trace read(std::string_view text) {
  auto trace = parse_json_trace(text, "t.jsonl");
  INFO((trace ? std::string() : trace.error().message()));
  REQUIRE(trace.has_value());
  return *trace;
}

std::string fault_of(std::string_view text) {
  const auto trace = parse_json_trace(text, "t.jsonl");
  if (trace) return "none";
  CHECK(trace.error().code == Errc::kInvalidFile);
  return trace.error().detail;
}

std::vector<std::uint64_t> hashes_of(const std::string& list) {
  return read("{\"il\": 9000, \"bh\": " + list + "}").hashes;
}

std::string hash_fault_of(const std::string& hash) {
  return fault_of("{\"il\": 9000, \"bh\": [" + hash + "]}");
}

/// `count` hashes as a list.
std::string list_of(int count) {
  std::string list = "[";
  for (int i = 0; i < count; ++i) list += (i > 0 ? ",1" : "1");
  return list + "]";
}

}  // namespace

TEST_CASE("objects stand in the order of the lines, with their arrivals as written") {
  const Trace trace = read(
      "{\"arrival\": 30, \"input\": 3, \"output\": 1}\r\n"
      " \t\r\n"
      "{\"arrival\": 10.5, \"input\": 1, \"output\": 2}");
  REQUIRE(trace.requests.size() == 2);
  CHECK(trace.requests[0].arrival_s == 30);
  CHECK(trace.requests[1].arrival_s == 10.5);
  CHECK(trace.requests[1].num_prompt == 1);
  CHECK(trace.requests[1].num_output == 2);
  CHECK(trace.has_arrivals);
}

TEST_CASE("timestamp and ts count milliseconds, other names seconds unless they say so") {
  const std::vector<std::pair<std::string, double>> cases{{"timestamp", 1.5},  {"ts", 1.5},
                                                          {"arrival_ms", 1.5}, {"arrival", 1500},
                                                          {"arrival_s", 1500}, {"time", 1500}};
  for (const auto& [name, arrival_s] : cases) {
    CAPTURE(name);
    const Trace trace = read("{\"il\": 1, \"" + name + "\": 1500}");
    CHECK(trace.requests.at(0).arrival_s == Approx(arrival_s));
  }
}

TEST_CASE("the first member of a meaning counts, and those without one are passed over") {
  const Trace trace =
      read(R"({"model": {"il": 1}, "prompt_tokens": 5, "il": 9, "ol": 2, "osl": 3})");
  REQUIRE(trace.requests.size() == 1);
  CHECK(trace.requests[0].num_prompt == 5);
  CHECK(trace.requests[0].num_output == 2);
  CHECK_FALSE(trace.has_arrivals);
}

TEST_CASE("a length may be any whole number, as a double too") {
  CHECK(read("{\"il\": 5.0}").requests.at(0).num_prompt == 5);
  CHECK(read("{\"il\": 1e8}").requests.at(0).num_prompt == 100000000);
  CHECK(fault_of("{\"il\": 100000001}").find("t.jsonl:1: the input length 100000001 is") == 0);
  CHECK(fault_of("{\"il\": 18446744073709551615}")
            .find("t.jsonl:1: the input length 18446744073709") == 0);
  CHECK(fault_of("{\"il\": 1.5}").find("t.jsonl:1: the input length 1.5 is") == 0);
  CHECK(fault_of("{\"il\": 0}") ==
        "t.jsonl:1: the input length is 0: a prompt has at least 1 token");
  CHECK(fault_of("{\"il\": 5, \"ol\": null}") == "t.jsonl:1: the output length is not a number");
}

TEST_CASE("a prompt has a hash for each span that it has begun, and no more") {
  for (const int num_hashes : {0, 1, 2}) {
    const Trace trace = read("{\"il\": 513, \"hash_ids\": " + list_of(num_hashes) + "}");
    CHECK(trace.requests.at(0).num_hashes == static_cast<std::uint32_t>(num_hashes));
    CHECK(trace.hash_span == 512);
  }
  CHECK(fault_of("{\"il\": 513, \"hash_ids\": [1, 1, 1]}") ==
        "t.jsonl:1: 3 hashes of 512 tokens are more than a prompt of 513 has");
  CHECK(fault_of("{\"il\": 512, \"hash_ids\": [1, 1]}") ==
        "t.jsonl:1: 2 hashes of 512 tokens are more than a prompt of 512 has");
  CHECK(read("{\"il\": 1025, \"bh\": [1, 1]}").hash_span == 1024);
  CHECK(fault_of("{\"il\": 1024, \"bh\": [1, 1]}") ==
        "t.jsonl:1: 2 hashes of 1024 tokens are more than a prompt of 1024 has");
}

TEST_CASE("a row without hashes stands among rows that have some") {
  const Trace trace = read(
      "{\"il\": 600, \"hash_ids\": [1, 2]}\n{\"il\": 600, \"hash_ids\": null}\n{\"il\": 600}\n"
      "{\"il\": 600, \"hash_ids\": [3]}\n");
  REQUIRE(trace.requests.size() == 4);
  CHECK(trace.hashes == std::vector<std::uint64_t>{1, 2, 3});
  CHECK(trace.requests[1].num_hashes == 0);
  CHECK(trace.requests[2].num_hashes == 0);
  CHECK(trace.requests[3].first_hash == 2);
  CHECK(trace.requests[3].num_hashes == 1);
  CHECK(trace.hash_span == 512);
}

TEST_CASE("a trace has hashes of one span, whichever row it begins with") {
  const std::string mooncake = "{\"il\": 2048, \"hash_ids\": [1]}\n";
  const std::string rtp = "{\"il\": 2048, \"bh\": [1]}\n";
  CHECK(fault_of(mooncake + rtp) ==
        "t.jsonl:2: a hash stands for 1024 tokens here and for 512 in the rows above: a trace has "
        "hash_ids or bh, not both");
  CHECK(fault_of(rtp + "{\"il\": 7}\n" + mooncake).starts_with("t.jsonl:3: a hash stands for 512"));
  CHECK(fault_of("{\"il\": 2048, \"bh\": [1], \"hash_ids\": [1]}") ==
        "t.jsonl:1: a row has hash_ids or bh, and this one has both");
  CHECK(read("{\"il\": 2048, \"bh\": [1], \"hash_ids\": null}").hash_span == 1024);
}

TEST_CASE("a hash is any number of 64 bits, in a string where a double could not hold it") {
  CHECK(hashes_of("[0, 18446744073709551615]") ==
        std::vector<std::uint64_t>{0, 18446744073709551615ULL});
  CHECK(hashes_of("[-1]") == std::vector<std::uint64_t>{18446744073709551615ULL});
  CHECK(hashes_of("[\"0\", \"18446744073709551615\"]") ==
        std::vector<std::uint64_t>{0, 18446744073709551615ULL});
  for (const char* hash : {"\"\"", "\"12x\"", "\" 1\"", "\"-1\"", "\"18446744073709551616\"", "1.5",
                           "true", "null", "[]", "{}"}) {
    CAPTURE(hash);
    CHECK(hash_fault_of(hash) == "t.jsonl:1: a hash of the prompt is not a 64-bit number");
  }
}

TEST_CASE("all rows have an arrival, or none has") {
  CHECK(fault_of("{\"il\": 5}\n{\"ts\": 1, \"il\": 5}") ==
        "t.jsonl:2: an arrival time, and the rows above have none");
  CHECK_FALSE(read("{\"il\": 5}\n{\"il\": 5}").has_arrivals);
  CHECK(fault_of("{\"ts\": 1, \"il\": 5}\n\n{\"il\": 5}") ==
        "t.jsonl:3: no arrival time, and the rows above have one");
  CHECK(fault_of("{\"ts\": \"1\", \"il\": 5}") == "t.jsonl:1: the arrival time is not a number");
  CHECK(fault_of("{\"ts\": -1, \"il\": 5}") ==
        "t.jsonl:1: an arrival time is a number of 0 or more seconds");
}

TEST_CASE("lists of lengths make a request an entry, whatever else the object holds") {
  const Trace trace =
      read("{\n \"seed\": 7,\n \"output_len\": [2, 0, 4],\n \"prompt_len\": [5, 6, 7]\n}\n");
  REQUIRE(trace.requests.size() == 3);
  CHECK(trace.requests[1].num_prompt == 6);
  CHECK(trace.requests[1].num_output == 1);
  CHECK(trace.requests[2].num_output == 4);
  CHECK(trace.num_unknown_outputs == 1);
  CHECK_FALSE(trace.has_arrivals);
}

TEST_CASE("a fault in lists of lengths names the entry, from 0") {
  CHECK(fault_of(R"({"prompt_len": ["1"], "output_len": [1]})") ==
        "t.jsonl:1: entry 0: the input length is not a number");
  CHECK(fault_of(R"({"prompt_len": [1, 2, 3], "output_len": [1, 1, -1]})")
            .find("t.jsonl:1: entry 2: the output length -1 is not a whole number") == 0);
  const std::string neither =
      "t.jsonl:1: neither a request a line nor two lists of the same length";
  CHECK(fault_of(R"({"prompt_len": [1]})").find(neither) == 0);
  CHECK(fault_of(R"({"prompt_len": [1], "output_len": 1})").find(neither) == 0);
  CHECK(fault_of(R"({"output_len": [1]})").find(neither) == 0);
}

TEST_CASE("a line that is no object is refused where it stands") {
  CHECK(fault_of("[{\"il\": 5}]") == "t.jsonl:1: not a JSON object");
  CHECK(fault_of("{\"il\": 5}\n5") == "t.jsonl:2: not a JSON object");
  CHECK(fault_of("{\"il\": 5}\n{\"il\": 5} x").find("t.jsonl:2: not JSON: ") == 0);
  CHECK(fault_of("{\"il\": 5,}").find("t.jsonl:1: not JSON: ") == 0);
}
