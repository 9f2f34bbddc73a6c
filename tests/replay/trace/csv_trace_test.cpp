#include "src/replay/trace/csv_trace.hpp"

#include <vector>

#include "tests/support/catch.hpp"

using namespace octavo;

namespace {

Trace read(std::string_view text) {
  auto trace = parse_csv_trace(text, "t.csv");
  INFO((trace ? std::string() : trace.error().message()));
  REQUIRE(trace.has_value());
  return *trace;
}

std::string fault_of(std::string_view text) {
  const auto trace = parse_csv_trace(text, "t.csv");
  if (trace) return "none";
  CHECK(trace.error().code == Errc::kInvalidFile);
  return trace.error().detail;
}

std::vector<std::int32_t> prompts_of(std::string_view text) {
  std::vector<std::int32_t> prompts;
  const Trace trace = read(text);
  for (const TraceRequest& request : trace.requests) prompts.push_back(request.num_prompt);
  return prompts;
}

}  // namespace

TEST_CASE("requests stand in the order of the rows, with their arrivals as written") {
  const Trace trace = read("arrival,input,output\n30,3,1\n10,1,2\n20,2,3\n");
  REQUIRE(trace.requests.size() == 3);
  CHECK(trace.requests[0].arrival_s == 30);
  CHECK(trace.requests[1].arrival_s == 10);
  CHECK(trace.requests[2].arrival_s == 20);
  CHECK(trace.requests[1].num_prompt == 1);
  CHECK(trace.requests[1].num_output == 2);
  CHECK(trace.has_arrivals);
}

TEST_CASE("one column of inputs is a table, without arrivals and without outputs") {
  const Trace trace = read("input\n5\n6\n");
  REQUIRE(trace.requests.size() == 2);
  CHECK_FALSE(trace.has_arrivals);
  CHECK(trace.requests[1].arrival_s == 0);
  CHECK(trace.requests[1].num_output == 1);
  CHECK(trace.num_unknown_outputs == 2);
}

TEST_CASE("a table with a header and no rows has no requests, which is no fault of the table") {
  CHECK(read("").requests.empty());
  const Trace trace = read("arrival,input\n");
  CHECK(trace.requests.empty());
  CHECK(trace.has_arrivals);
}

TEST_CASE("the first column of a meaning counts, and columns without one are passed over") {
  CHECK(prompts_of("id,prompt_tokens,input,note\nx,5,9,y\n") == std::vector<std::int32_t>{5});
  CHECK(prompts_of("input\n5,and more,of the row\n") == std::vector<std::int32_t>{5});
}

TEST_CASE("a tab separates before a comma, and a comma before a semicolon") {
  CHECK(prompts_of("model, version\tinput\na, b\t7\n") == std::vector<std::int32_t>{7});
  CHECK(prompts_of("note; more,input\na; b,7\n") == std::vector<std::int32_t>{7});
  CHECK(prompts_of("note;input\na;7\n") == std::vector<std::int32_t>{7});
}

TEST_CASE("spaces and quotes around a cell are not of it") {
  const Trace trace = read(" \"arrival\" , \"input\",output \n \"2\" , 7 ,\" 8 \"\n");
  REQUIRE(trace.requests.size() == 1);
  CHECK(trace.requests[0].arrival_s == 2);
  CHECK(trace.requests[0].num_prompt == 7);
  CHECK(trace.requests[0].num_output == 8);
}

TEST_CASE("the unit of the arrivals is the one of their column") {
  CHECK(read("input,arrival_ms\n1,1500\n").requests[0].arrival_s == Approx(1.5));
  CHECK(read("input,arrival_s\n1,1500\n").requests[0].arrival_s == 1500);
  // A column of milliseconds that is not the arrival's says nothing of it.
  CHECK(read("latency_ms,arrival,input\n3,1500,1\n").requests[0].arrival_s == 1500);
}

TEST_CASE("comments and empty lines are passed over, before the header and behind it") {
  CHECK(prompts_of("# a comment\n\n#columns\ninput\n# of rows: 2\n5\n\n# columns: output\n6\n") ==
        std::vector<std::int32_t>{5, 6});
}

TEST_CASE("a comment may name the columns, with real tabs, written ones or commas") {
  for (const std::string_view text :
       {"# columns: output\tinput\n5\t7\n", "# columns: output\\tinput\n5\t7\n",
        "#the columns:output,input\n5,7\n"}) {
    CAPTURE(text);
    const Trace trace = read(text);
    REQUIRE(trace.requests.size() == 1);
    CHECK(trace.requests[0].num_prompt == 7);
    CHECK(trace.requests[0].num_output == 5);
  }
  // One that names no input leaves the word to the header.
  CHECK(prompts_of("# columns: a,b\ninput\n7\n") == std::vector<std::int32_t>{7});
}

TEST_CASE("a fault has the line that an editor shows") {
  CHECK(fault_of("# one\r\n\r\ninput\r\n5\r\n\r\nx\r\n") ==
        "t.csv:6: the input length `x` is not a number");
  CHECK(fault_of("input,output,arrival\n5,6\n") ==
        "t.csv:2: the row has 2 columns and column 3 is needed");
  CHECK(fault_of("input\n\n0\n") ==
        "t.csv:3: the input length is 0: a prompt has at least 1 token");
  CHECK(fault_of("5,6\n7,8\n") ==
        "t.csv:1: no column of the input's length: the header `5,6` should name columns, such as "
        "arrival,input,output");
}

TEST_CASE("the largest length is read, and one more is refused in either column") {
  CHECK(prompts_of("input\n100000000\n") == std::vector<std::int32_t>{100000000});
  CHECK(fault_of("input\n100000001\n").find("t.csv:2: the input length 100000001") == 0);
  CHECK(fault_of("input,output\n1,100000001\n").find("t.csv:2: the output length 100000001") == 0);
}
