#include "src/replay/trace/trace_reader.hpp"

#include <zlib.h>

#include <fstream>

#include "tests/support/catch.hpp"
#include "tests/support/temp_folder.hpp"

using namespace octavo;

namespace {

Trace read(std::string_view text) {
  auto trace = parse_trace(text, "trace");
  INFO((trace ? std::string() : trace.error().message()));
  REQUIRE(trace.has_value());
  return *trace;
}

void check(const TraceRequest& request, double arrival_s, std::int32_t num_prompt,
           std::int32_t num_output) {
  CHECK(request.arrival_s == Approx(arrival_s).margin(1e-6));
  CHECK(request.num_prompt == num_prompt);
  CHECK(request.num_output == num_output);
}

}  // namespace

TEST_CASE("an Azure trace has its times to 100 ns, with CR LF and no end of the last line") {
  const Trace trace = read(
      "TIMESTAMP,ContextTokens,GeneratedTokens\r\n"
      "2023-11-16 23:59:59.5000001,374,44\r\n"
      "2023-11-17 00:00:01.0000000,396,109");
  REQUIRE(trace.requests.size() == 2);
  check(trace.requests[0], 0, 374, 44);
  check(trace.requests[1], 1.4999999, 396, 109);
  CHECK(trace.has_arrivals);
  CHECK(trace.hash_span == 0);
}

TEST_CASE("a list of lengths has no arrivals") {
  const Trace trace = read(
      "num_prefill_tokens,num_decode_tokens,num_total_tokens,pd_ratio\n"
      "74,918,992,0.08\n290,905,1195,0.32\n");
  REQUIRE(trace.requests.size() == 2);
  check(trace.requests[1], 0, 290, 905);
  CHECK_FALSE(trace.has_arrivals);
}

TEST_CASE("columns are found under their usual names, in any order and with any separator") {
  for (const char* text :
       {"arrival,input,output\n3,10,20\n", "output;Input Length;arrival_s\n20;10;3\n",
        "model\tarrival_time_ms\tnum_prompt_tokens\tresponse tokens\nx\t3000\t10\t20\n",
        "\xEF\xBB\xBF\"Timestamp\",\"Request tokens\",\"Response tokens\"\n\"3\",\"10\",\"20\"\n",
        "arrived_at,isl,osl\n3.0,10.0,20\n"}) {
    INFO(text);
    const Trace trace = read(text);
    REQUIRE(trace.requests.size() == 1);
    check(trace.requests[0], 0, 10, 20);
    CHECK(trace.has_arrivals);
  }
}

TEST_CASE("rows are put in the order of arrival, the first at 0") {
  const Trace trace = read("arrival,input,output\n30,3,1\n10,1,1\n20,2,1\n10,4,1\n");
  REQUIRE(trace.requests.size() == 4);
  check(trace.requests[0], 0, 1, 1);
  check(trace.requests[1], 0, 4, 1);
  check(trace.requests[2], 10, 2, 1);
  check(trace.requests[3], 20, 3, 1);
}

TEST_CASE("a table whose columns stand in a comment is read in milliseconds, without outputs") {
  const Trace trace = read(
      "# sanitized arrivals\n# columns: "
      "relative_timestamp_ms\\tinput_tokens\n3106\t5961\n71\t2101\n");
  REQUIRE(trace.requests.size() == 2);
  check(trace.requests[0], 0, 2101, 1);
  check(trace.requests[1], 3.035, 5961, 1);
  CHECK(trace.num_unknown_outputs == 2);
}

TEST_CASE("JSON lines bring hashes of 512 tokens, one for the started span too") {
  const Trace trace =
      read(R"({"timestamp": 1000, "input_length": 600, "output_length": 50, "hash_ids": [0, 7]})"
           "\n"
           R"({"timestamp": 4000, "input_length": 512, "output_length": 3, "hash_ids": [0]})"
           "\n\n");
  REQUIRE(trace.requests.size() == 2);
  check(trace.requests[1], 3, 512, 3);
  CHECK(trace.hash_span == 512);
  CHECK(trace.hashes == std::vector<std::uint64_t>{0, 7, 0});
  CHECK(trace.requests[0].num_hashes == 2);
  CHECK(trace.requests[1].first_hash == 2);
}

TEST_CASE(
    "JSON lines with hashes in strings have 1024 tokens a hash, and an output of 0 is unknown") {
  const Trace trace =
      read(R"({"ts": 0, "il": 2100, "ol": 0, "bh": ["9223372036854775807", "12"], "priority": 70})"
           "\n"
           R"({"ts": 56, "il": 93, "ol": 8, "bh": []})");
  REQUIRE(trace.requests.size() == 2);
  check(trace.requests[0], 0, 2100, 1);
  check(trace.requests[1], 0.056, 93, 8);
  CHECK(trace.hash_span == 1024);
  CHECK(trace.hashes == std::vector<std::uint64_t>{9223372036854775807ULL, 12});
  CHECK(trace.num_unknown_outputs == 1);
}

TEST_CASE("one row of JSON is a trace, and so is one object with lists of lengths") {
  check(read(R"({"timestamp": 5, "input_length": 6, "output_length": 7})").requests.at(0), 0, 6, 7);
  const Trace lists =
      read("{\"prompt_len\": [106, 82],\n \"output_len\": [12, 0], \"seed\": [1, 2]}\n");
  REQUIRE(lists.requests.size() == 2);
  check(lists.requests[0], 0, 106, 12);
  check(lists.requests[1], 0, 82, 1);
  CHECK_FALSE(lists.has_arrivals);
}

TEST_CASE("a file is read plain and as gzip alike") {
  const testing::TempFolder folder;
  const std::string text = "arrival,input,output\n0,10,20\n";
  folder.write("trace.csv", text);
  const std::string packed = folder.path() / "trace.csv.gz";
  const gzFile file = gzopen(packed.c_str(), "wb");
  REQUIRE(gzwrite(file, text.data(), static_cast<unsigned>(text.size())) > 0);
  REQUIRE(gzclose(file) == Z_OK);
  for (const std::string& path : {(folder.path() / "trace.csv").string(), packed}) {
    const auto trace = read_trace(path, 1);
    REQUIRE(trace.has_value());
    REQUIRE(trace->requests.size() == 1);
    check(trace->requests[0], 0, 10, 20);
  }
}
