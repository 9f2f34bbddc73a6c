#include "src/app/cli/commands/replay_run.hpp"

#include <boost/json/serialize.hpp>
#include <fstream>
#include <iterator>

#include "src/replay/trace/length_mix.hpp"
#include "tests/app/cli/captured_output.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temp_folder.hpp"

using namespace octavo;
using octavo::testing::output_of;

namespace {

using Allocators = std::vector<KvAllocator>;

ReplayConfig small_pool() {
  ReplayConfig config;
  config.engine.num_blocks = 300;
  return config;
}

const CostModel& cost() {
  static const CostModel cost(*model_shape_named("opt-13b"));
  return cost;
}

ReplayReport small_report() {
  const Trace trace = draw_mix(kAlpacaMix, 20, 3);
  ReplayReport report;
  report.describe(trace, cost().shape(), small_pool().engine, "");
  auto outcomes = replay_all(trace, cost(), small_pool(), {KvAllocator::kPaged});
  REQUIRE(outcomes.has_value());
  report.outcomes = std::move(*outcomes);
  return report;
}

std::string text_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

TEST_CASE("an error about a flag names it") {
  const Error error = invalid_flag("kv-memory", "too little");
  CHECK(error.code == Errc::kInvalidValue);
  CHECK(error.detail == "--kv-memory: too little");
  CHECK(error.param == "kv-memory");
}

TEST_CASE("sampling is parallel or by beams, each up to its most") {
  CHECK(sampling_of("")->n == 1);
  CHECK(sampling_of("")->beam_width == 0);
  for (const int count : {1, 8}) {
    CHECK(sampling_of("parallel:" + std::to_string(count))->n == count);
    CHECK(sampling_of("parallel:" + std::to_string(count))->beam_width == 0);
  }
  for (const int count : {1, 16}) {
    CHECK(sampling_of("beam:" + std::to_string(count))->beam_width == count);
    CHECK(sampling_of("beam:" + std::to_string(count))->n == 1);
  }
}

TEST_CASE("sampling that there is not is refused with what there is") {
  for (const char* text : {"parallel", "parallel:", "parallel:0", "parallel:9", "parallel:-1",
                           "parallel:2x", "parallel: 2", "parallel:2:3", "beam", "beam:0",
                           "beam:17", "Beam:2", "beams:2", ":2", "2", "parallel:99999999999"}) {
    CAPTURE(text);
    const auto sampling = sampling_of(text);
    REQUIRE(sampling.has_error());
    CHECK(sampling.error().param == "sampling");
    CHECK(sampling.error().detail ==
          "--sampling: `" + std::string(text) + "` is neither parallel:1..8 nor beam:1..16");
  }
}

TEST_CASE("allocators are those that are named, each once, in their order") {
  ReplayOptions options;
  const Allocators otherwise{KvAllocator::kOrcaMax};
  CHECK(allocators_of(options, otherwise).value() == otherwise);
  options.allocators = {"orca-oracle", "paged", "orca-oracle"};
  CHECK(allocators_of(options, otherwise).value() ==
        Allocators{KvAllocator::kOrcaOracle, KvAllocator::kPaged});
  options.allocators = {"paged", "buddy"};
  CHECK(allocators_of(options, otherwise).error().code == Errc::kInvalidValue);
}

TEST_CASE("every allocator has its replay, at its own place, the same as alone") {
  const Trace trace = draw_mix(kAlpacaMix, 60, 3);
  const Allocators all{KvAllocator::kOrcaMax, KvAllocator::kPaged, KvAllocator::kOrcaOracle};
  const auto together = replay_all(trace, cost(), small_pool(), all);
  REQUIRE(together.has_value());
  REQUIRE(together->size() == 3);
  for (std::size_t i = 0; i < all.size(); ++i) {
    const Outcome& outcome = together->at(i);
    CHECK(outcome.allocator == all[i]);
    const auto alone = replay_all(trace, cost(), small_pool(), {all[i]});
    REQUIRE(alone.has_value());
    CHECK(alone->at(0).seconds == outcome.seconds);
    CHECK(alone->at(0).memory.tokens == outcome.memory.tokens);
  }
  CHECK(replay_all(trace, cost(), small_pool(), {})->empty());
}

TEST_CASE("a report is told as JSON or as a table, on one line or on many") {
  const ReplayReport report = small_report();
  ReplayOptions options;
  options.no_html = true;
  const std::string table = output_of([&] { CHECK(tell(report, options).value() == 0); });
  CHECK(table == table_of(report));
  options.json = true;
  const std::string line = output_of([&] { CHECK(tell(report, options).value() == 0); });
  CHECK(line == boost::json::serialize(json_of(report)) + "\n");
}

TEST_CASE("the page lies where it is told, and the table says where") {
  const testing::TempFolder folder;
  const ReplayReport report = small_report();
  ReplayOptions options;
  options.html = folder.path() / "page.html";
  const std::string told = output_of([&] { CHECK(tell(report, options).value() == 0); });
  CHECK(told == table_of(report) + "page: " + options.html + "\n");
  CHECK(text_of(options.html) == page_of(report));
  options.html = folder.path() / "no" / "page.html";
  output_of([&] {
    const auto told_nowhere = tell(report, options);
    REQUIRE(told_nowhere.has_error());
    CHECK(told_nowhere.error().code == Errc::kIo);
    CHECK(told_nowhere.error().param == "html");
  });
}

TEST_CASE("a page that nobody named is called after its trace, without the ends of its name") {
  const testing::TempFolder folder;
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(folder.path());
  const ReplayReport report = small_report();
  const std::vector<std::pair<const char*, const char*>> names{
      {"dir/trace.csv", "trace"}, {"trace.csv.gz", "trace"},
      {"trace.jsonl", "trace"},   {"synthetic:alpaca:10", "synthetic-alpaca-10"},
      {"a.rec", "a.rec"},         {".csv", ".csv"}};
  for (const auto& [trace, stem] : names) {
    CAPTURE(trace);
    ReplayOptions options;
    options.trace = trace;
    output_of([&] { CHECK(tell(report, options).value() == 0); });
    CHECK(std::filesystem::exists(folder.path() / (std::string(stem) + ".replay.html")));
  }
  std::filesystem::current_path(before);
}
