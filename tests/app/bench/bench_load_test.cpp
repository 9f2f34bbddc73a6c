#include "src/app/bench/bench_load.hpp"

#include <algorithm>
#include <limits>

#include "src/app/cli/commands/commands.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temp_folder.hpp"
#include "tests/support/tiny_model.hpp"

using namespace octavo;
using namespace octavo::bench;

namespace {

Result<std::vector<RequestShape>> shapes_in(const std::string& workload) {
  const testing::TempFolder folder;
  folder.write("work.json", workload);
  BenchOptions options;
  options.workload = folder.path() / "work.json";
  return request_shapes(options);
}

/// A tiny model on one thread.
struct Machine {
  testing::TempFolder folder;
  BenchOptions options;
  Machine() {
    folder.write("config.json", testing::tiny_llama_config());
    options.model.model = folder.path();
    options.model.load_format = "dummy";
    options.model.device = "cpu";
    options.model.threads = 1;
    options.model.kv_cache_memory = "64KiB";
    options.model.swap_space = 0;
    options.model.seed = 5;
  }
};

}  // namespace

TEST_CASE("a rate that would take weeks between two requests is refused") {
  const Machine machine;
  BenchOptions options = machine.options;
  options.request_rate = 1e-7;
  const auto status = bench_throughput(options);
  REQUIRE(status.has_error());
  CHECK(status.error().param == "request-rate");
}

TEST_CASE("without a workload all requests are of the lengths that were given") {
  BenchOptions options;
  options.num_prompts = 3;
  options.input_len = 7;
  options.output_len = 9;
  const auto shapes = request_shapes(options);
  REQUIRE(shapes.has_value());
  REQUIRE(shapes->size() == 3);
  for (const RequestShape& each : *shapes) {
    CHECK(each.num_prompt_tokens == 7);
    CHECK(each.num_output_tokens == 9);
  }
}

TEST_CASE("a workload's lists are its requests, up to a length of a million") {
  const auto shapes =
      shapes_in(R"({"output_len": [4, 1048576], "prompt_len": [1, 3], "seed": [1]})");
  REQUIRE(shapes.has_value());
  REQUIRE(shapes->size() == 2);
  CHECK(shapes->at(0).num_prompt_tokens == 1);
  CHECK(shapes->at(0).num_output_tokens == 4);
  CHECK(shapes->at(1).num_prompt_tokens == 3);
  CHECK(shapes->at(1).num_output_tokens == 1048576);
}

TEST_CASE("a workload that is not two lists of as many positive numbers is refused") {
  for (const char* text :
       {"{}", R"({"prompt_len": [1]})", R"({"output_len": [1]})",
        R"({"prompt_len": [], "output_len": []})", R"({"prompt_len": [1], "output_len": [1, 2]})",
        R"({"prompt_len": [1, 2], "output_len": [1]})", R"({"prompt_len": [0], "output_len": [1]})",
        R"({"prompt_len": [1], "output_len": [-1]})", R"({"prompt_len": 1, "output_len": 1})",
        R"({"prompt_len": [1.5], "output_len": [1]})",
        R"({"prompt_len": ["1"], "output_len": [1]})",
        R"({"prompt_len": [1048577], "output_len": [1]})"}) {
    CAPTURE(text);
    const auto shapes = shapes_in(text);
    REQUIRE(shapes.has_error());
    CHECK(shapes.error().code == Errc::kInvalidFile);
    CHECK(shapes.error().param == "workload");
    CHECK(shapes.error().detail.find("work.json: expected an object with") != std::string::npos);
  }
  CHECK(shapes_in("[1]").has_error());
  BenchOptions options;
  options.workload = "/nowhere/work.json";
  CHECK(request_shapes(options).error().code == Errc::kIo);
}

TEST_CASE("without a rate all requests come at once") {
  CHECK(arrival_times(3, 0, 1) == std::vector<double>{0, 0, 0});
  CHECK(arrival_times(3, -1, 1) == std::vector<double>{0, 0, 0});
  CHECK(arrival_times(0, 5, 1).empty());
}

TEST_CASE("at a rate requests come one after the other, by the seed, as often as it says") {
  const auto times = arrival_times(2000, 50, 7);
  REQUIRE(times.size() == 2000);
  CHECK(times.front() > 0);
  CHECK(std::is_sorted(times.begin(), times.end()));
  CHECK(times.back() == Approx(2000 / 50.0).epsilon(0.1));
  CHECK(arrival_times(2000, 50, 7) == times);
  CHECK(arrival_times(2000, 50, 8) != times);
  // Gaps of a Poisson process vary as much as they are long.
  double sum = 0;
  for (std::size_t i = 1; i < times.size(); ++i) {
    const double gap = (times[i] - times[i - 1]) * 50 - 1;
    sum += gap * gap;
  }
  CHECK(sum / 1999 == Approx(1.0).epsilon(0.2));
}

TEST_CASE("a percentile is the value at the nearest rank, and none is 0") {
  CHECK(percentile({}, 0.5) == 0);
  CHECK(percentile({7}, 0) == 7);
  CHECK(percentile({7}, 1) == 7);
  CHECK(percentile({3, 1, 2}, 0) == 1);
  CHECK(percentile({3, 1, 2}, 0.5) == 2);
  CHECK(percentile({3, 1, 2}, 1) == 3);
  CHECK(percentile({4, 3, 2, 1}, 0.5) == 3);  // Between two it is the upper one.
  std::vector<double> hundred;
  for (int i = 100; i >= 0; --i) hundred.push_back(i);
  CHECK(percentile(hundred, 0.99) == 99);
}

TEST_CASE("a mean of nothing is 0") {
  CHECK(mean({}) == 0);
  CHECK(mean({1, 2, 6}) == 3);
}

TEST_CASE("percentiles are told in milliseconds, under their names") {
  const auto json = milliseconds({0.001, 0.002, 0.003}, {50, 100});
  REQUIRE(json.size() == 2);
  CHECK(json.at("p50").as_double() == Approx(2));
  CHECK(json.at("p100").as_double() == Approx(3));
}

TEST_CASE("an engine has room for as many sequences as run at once, and for all that wait") {
  Machine machine;
  machine.options.model.max_num_seqs = 2;
  machine.options.num_prompts = 10000;
  const auto engine = make_engine(machine.options, 5);
  REQUIRE(engine.has_value());
  CHECK(engine->config.max_num_seqs == 5);
  CHECK(engine->config.max_num_waiting == 10005);
  CHECK(engine->config.num_blocks == engine->executor->info().num_blocks);
  CHECK(engine->trace == nullptr);
  machine.options.model.max_num_seqs = 9;
  CHECK(make_engine(machine.options, 5)->config.max_num_seqs == 9);
  machine.options.trace = "/nowhere/trace.json";
  CHECK(make_engine(machine.options, 5).error().param == "trace");
}

TEST_CASE("a load runs every request to its length, and the same again") {
  Machine machine;
  const auto engine = make_engine(machine.options, 2);
  REQUIRE(engine.has_value());
  const std::vector<RequestShape> shapes{{3, 4}, {1, 1}, {5, 2}};
  Load load(machine.options, *engine);
  REQUIRE(load.run(shapes, {0, 0, 0}, 2).has_value());
  CHECK(load.num_output_tokens == 7);
  CHECK(load.outputs.at(RequestId{1}).size() == 4);
  CHECK(load.outputs.at(RequestId{2}).size() == 1);
  CHECK(load.outputs.at(RequestId{3}).size() == 2);
  CHECK(load.ttft_s.size() == 3);
  CHECK(load.itl_s.size() == 3 + 0 + 1);
  CHECK(load.normalized_s.size() == 3);
  CHECK(load.engine().is_idle());
  const auto again = make_engine(machine.options, 2);
  Load other(machine.options, *again);
  REQUIRE(other.run(shapes, {0, 0, 0}, 1).has_value());
  CHECK(other.outputs == load.outputs);
}

TEST_CASE("a request that can never fit ends the load with its error") {
  Machine machine;
  const auto engine = make_engine(machine.options, 1);
  REQUIRE(engine.has_value());
  Load load(machine.options, *engine);
  const auto ran = load.run({{33, 1}}, {0}, 1);  // The model's positions end at 32.
  REQUIRE(ran.has_error());
  CHECK(ran.error().code == Errc::kContextLengthExceeded);
}

TEST_CASE("a table's figures are those that people read") {
  const std::vector<std::pair<boost::json::value, std::string>> cases{{1.0, "1"},
                                                                      {0.0, "0"},
                                                                      {-0.0, "0"},
                                                                      {0.5, "0.5"},
                                                                      {1e9, "1000000000"},
                                                                      {1234.56, "1235"},
                                                                      {12.3456, "12.35"},
                                                                      {0.000123456, "0.0001235"},
                                                                      {-2.5, "-2.5"},
                                                                      {9.99996, "10"},
                                                                      {1e-300, "0"},
                                                                      {99999.0, "99999"},
                                                                      {7, "7"},
                                                                      {1234567, "1,234,567"},
                                                                      {"cpu", "cpu"},
                                                                      {true, "true"}};
  for (const auto& [value, text] : cases) {
    CAPTURE(text);
    CHECK(figure_text(value) == text);
  }
  CHECK(figure_text(1e300).find('E') == std::string::npos);
  CHECK(figure_text(std::numeric_limits<double>::quiet_NaN()) == "unknown");
}

TEST_CASE("answers differ from where their tokens do, or from where one of them ends") {
  const bench::Outputs alone{{RequestId{1}, {5, 6, 7}},
                             {RequestId{2}, {5, 6, 7}},
                             {RequestId{3}, {5}},
                             {RequestId{4}, {}}};
  bench::Outputs together = alone;
  CHECK(bench::first_differences(alone, together).empty());
  together[RequestId{2}] = {5, 8, 7};
  CHECK(bench::first_differences(alone, together) == std::vector<double>{1});
  together = alone;
  together[RequestId{3}] = {5, 6};
  CHECK(bench::first_differences(alone, together) == std::vector<double>{1});
  CHECK(bench::first_differences(together, alone) == std::vector<double>{1});
}
