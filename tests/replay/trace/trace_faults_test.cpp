// What is wrong with a trace is said with file and line, whatever the file holds.
#include <zlib.h>

#include <fstream>
#include <random>

#include "src/replay/trace/trace_reader.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temp_folder.hpp"

using namespace octavo;

namespace {

std::string fault_of(std::string_view text) {
  const auto trace = parse_trace(text, "t.csv");
  return trace ? "no fault" : trace.error().detail;
}

struct Case {
  std::string text;
  std::string fault;
};

}  // namespace

TEST_CASE("a malformed table is refused with the line and the reason") {
  const std::string head = "arrival,input,output\n1,2,3\n";
  const std::vector<Case> cases{
      {"", "t.csv: is empty"},
      {"\n \r\n", "t.csv: is empty"},
      {"arrival,input,output\n", "t.csv: has no requests"},
      {"1,2,3\n", "t.csv:1: no column of the input's length"},
      {"when,what\n", "t.csv:1: no column of the input's length"},
      {head + "1,nan,3\n", "t.csv:3: the input length nan is not a whole number"},
      {head + "1,-5,3\n", "t.csv:3: the input length -5 is not a whole number"},
      {head + "1,1e300,3\n", "t.csv:3: the input length 1e+300 is not a whole number"},
      {head + "1,99999999999999999999,3\n",
       "t.csv:3: the input length 1e+20 is not a whole number"},
      {head + "1,2,2.5\n", "t.csv:3: the output length 2.5 is not a whole number"},
      {head + "1,,3\n", "t.csv:3: the input length `` is not a number"},
      {head + "1,0,3\n", "t.csv:3: the input length is 0"},
      {head + "1,2x,3\n", "t.csv:3: the input length `2x` is not a number"},
      {head + "\n1,2\n", "t.csv:4: the row has 2 columns and column 3 is needed"},
      {head + "inf,2,3\n", "t.csv:3: an arrival time is"},
      {head + "-1,2,3\n", "t.csv:3: an arrival time is"},
      {head + "soon,2,3\n", "t.csv:3: `soon` is not an arrival time"},
      {head + "2023-13-16 18:15:46,2,3\n", "t.csv:3: `2023-13-16 18:15:46` is not an arrival time"},
      {head + "2023-02-30 18:15:46,2,3\n", "is not an arrival time"},
      {head + "2023-11-16 18:15:nan,2,3\n", "is not an arrival time"},
      {head + std::string("1,\0\x1b,3\n", 7), "t.csv:3: the input length `??` is not a number"},
  };
  for (const Case& each : cases) {
    INFO(each.text);
    CHECK(fault_of(each.text).find(each.fault) != std::string::npos);
    CHECK(fault_of(each.text) != "no fault");
  }
}

TEST_CASE("malformed JSON is refused with the line and the reason") {
  const std::string head = "{\"ts\": 0, \"il\": 5, \"ol\": 5}\n";
  const std::vector<Case> cases{
      {"{", "t.csv:1: not JSON"},
      {head + "{\"ts\": 1, \"il\"", "t.csv:2: not JSON"},
      {head + "[1]", "t.csv:2: not a JSON object"},
      {head + "{\"ts\": 1, \"ol\": 5}", "t.csv:2: no input length"},
      {head + "{\"il\": 1, \"ol\": 5}", "t.csv:2: no arrival time"},
      {head + "{\"ts\": 1, \"il\": \"5\", \"ol\": 5}", "t.csv:2: the input length is not a number"},
      {head + "{\"ts\": 1, \"il\": 5, \"ol\": -5}", "t.csv:2: the output length -5"},
      {head + "{\"ts\": 1, \"il\": 1e9, \"ol\": 5}", "t.csv:2: the input length 1e+09"},
      {head + "{\"ts\": -1, \"il\": 5, \"ol\": 5}", "t.csv:2: an arrival time is"},
      {head + "{\"ts\": null, \"il\": 5, \"ol\": 5}", "t.csv:2: the arrival time is not a number"},
      {head + "{\"ts\": 1, \"il\": 5, \"ol\": 5, \"bh\": 7}",
       "t.csv:2: the hashes of the prompt are not a list"},
      {head + "{\"ts\": 1, \"il\": 5, \"ol\": 5, \"bh\": [1, 2]}",
       "t.csv:2: 2 hashes of 1024 tokens are more"},
      {head + "{\"ts\": 1, \"il\": 5, \"ol\": 5, \"bh\": [1.5]}",
       "t.csv:2: a hash of the prompt is not"},
      {head + "{\"ts\": 1, \"il\": 5, \"ol\": 5, \"bh\": [\"99999999999999999999\"]}",
       "t.csv:2: a hash of"},
      {"{\"prompt_len\": [1, 2], \"output_len\": [1]}",
       "t.csv:1: neither a request a line nor two lists"},
      {"{\"prompt_len\": [1, 0], \"output_len\": [1, 1]}",
       "t.csv:1: entry 1: the input length is 0"},
      {"{\"prompt_len\": [], \"output_len\": []}", "t.csv: has no requests"},
      {"{\"a\": 1}", "t.csv:1: neither a request a line nor two lists"},
  };
  for (const Case& each : cases) {
    INFO(each.text);
    CHECK(fault_of(each.text).find(each.fault) != std::string::npos);
  }
}

TEST_CASE("a gzip file that was cut off or damaged is no shorter trace") {
  const testing::TempFolder folder;
  const std::string path = folder.path() / "trace.csv.gz";
  const gzFile file = gzopen(path.c_str(), "wb");
  std::mt19937 random(1);
  std::string text = "input,output\n";
  for (int i = 0; i < 5000; ++i) text += std::to_string(random() % 1000 + 1) + ",5\n";
  gzwrite(file, text.data(), static_cast<unsigned>(text.size()));
  gzclose(file);
  std::ifstream in(path, std::ios::binary);
  const std::string packed((std::istreambuf_iterator<char>(in)), {});
  REQUIRE(read_trace(path, 1).has_value());
  folder.write("cut.csv.gz", packed.substr(0, packed.size() / 2));
  folder.write("no-end.csv.gz", packed.substr(0, packed.size() - 4));
  std::string damaged = packed;
  damaged[damaged.size() / 2] = static_cast<char>(damaged[damaged.size() / 2] ^ 0x55);
  folder.write("damaged.csv.gz", damaged);
  for (const char* name : {"cut.csv.gz", "no-end.csv.gz", "damaged.csv.gz"}) {
    INFO(name);
    const auto trace = read_trace(folder.path() / name, 1);
    REQUIRE(trace.has_error());
    CHECK(trace.error().detail.find("gzip data is damaged or cut off") != std::string::npos);
  }
}

TEST_CASE("what cannot be opened says why") {
  const testing::TempFolder folder;
  const auto missing = read_trace(folder.path() / "missing.csv", 1);
  REQUIRE(missing.has_error());
  CHECK(missing.error().code == Errc::kIo);
  CHECK(missing.error().detail.find("No such file") != std::string::npos);
  const auto directory = read_trace(folder.path(), 1);
  REQUIRE(directory.has_error());
  CHECK(directory.error().detail.find("is a folder") != std::string::npos);
}

TEST_CASE("random bytes and mutations of good traces never do more than fail") {
  std::mt19937 random(3);
  const std::vector<std::string> seeds{
      "TIMESTAMP,ContextTokens,GeneratedTokens\r\n2023-11-16 18:15:46.6805900,374,44\r\n",
      "{\"timestamp\": 0, \"input_length\": 600, \"output_length\": 5, \"hash_ids\": [0, 1]}\n",
      "# columns: relative_timestamp_ms\\tinput_tokens\n71\t2101\n",
      "{\"prompt_len\": [1, 2], \"output_len\": [1, 2]}"};
  std::size_t num_read = 0;
  for (int i = 0; i < 20000; ++i) {
    std::string text = seeds[random() % seeds.size()];
    for (auto j = random() % 4 + 1; j-- > 0;)
      text[random() % text.size()] = static_cast<char>(random());
    const auto trace = parse_trace(text, "t");
    if (!trace) continue;
    ++num_read;
    for (const TraceRequest& request : trace->requests) {
      REQUIRE(request.num_prompt >= 1);
      REQUIRE(request.num_output >= 1);
      REQUIRE(request.arrival_s >= 0);
      REQUIRE(request.first_hash + request.num_hashes <= trace->hashes.size());
    }
  }
  CHECK(num_read > 0);
}
