#include "src/app/cli/commands/replay_command.hpp"

#include <boost/json/parse.hpp>

#include "tests/app/cli/captured_output.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temp_folder.hpp"
#include "tests/support/tiny_model.hpp"

using namespace octavo;
using octavo::testing::output_of;

namespace {

ReplayOptions options_of(const std::string& trace) {
  ReplayOptions options;
  options.trace = trace;
  options.json = true;
  options.no_html = true;
  return options;
}

boost::json::object replayed(const ReplayOptions& options) {
  const std::string line = output_of([&] {
    const auto status = replay_trace(options);
    INFO((status ? std::string() : status.error().detail));
    REQUIRE(status.has_value());
    CHECK(*status == 0);
  });
  return boost::json::parse(line).as_object();
}

Error error_of(const ReplayOptions& options) {
  const auto status = replay_trace(options);
  return status ? Error{} : status.error();
}

/// A folder with a trace of a request a second, `num_prompt` tokens in and 4 out.
struct TraceFolder : testing::TempFolder {
  explicit TraceFolder(int num_prompt) {
    std::string text = "arrival,input,output\n";
    for (int i = 0; i < 5; ++i)
      text += std::to_string(i) + "," + std::to_string(num_prompt) + ",4\n";
    write("trace.csv", text);
  }
  ReplayOptions options() const { return options_of(path() / "trace.csv"); }
};

std::int64_t number_in(const boost::json::object& json, const char* part, const char* name) {
  return json.at(part).at(name).to_number<std::int64_t>();
}

}  // namespace

TEST_CASE("a trace is replayed by every allocator, or by those that are named") {
  const TraceFolder folder(100);
  auto options = folder.options();
  CHECK(replayed(options).at("allocators").as_object().size() == 4);
  options.allocators = {"orca-max"};
  const auto json = replayed(options);
  REQUIRE(json.at("allocators").as_object().size() == 1);
  CHECK(json.at("allocators").at("orca-max").at("requests") == 5);
  CHECK(json.at("trace").as_string() == options.trace);
}

TEST_CASE("the shape is the small model's if all requests fit it, else the larger one's") {
  const TraceFolder fits(2044);
  CHECK(replayed(fits.options()).at("engine").at("model_shape") == "opt-13b");
  CHECK(number_in(replayed(fits.options()), "engine", "max_model_len") == 2048);
  const TraceFolder larger(2045);
  const auto json = replayed(larger.options());
  CHECK(json.at("engine").at("model_shape") == "llama-3-8b");
  // The power of two that holds the longest.
  CHECK(number_in(json, "engine", "max_model_len") == 4096);
}

TEST_CASE("a config.json gives a shape, by itself or by its folder") {
  const TraceFolder folder(8);
  folder.write("config.json", testing::tiny_llama_config());
  auto options = folder.options();
  for (const std::filesystem::path& path : {folder.path() / "config.json", folder.path()}) {
    options.model_shape = path;
    options.kv_memory = "1MiB";
    const auto json = replayed(options);
    CHECK(json.at("engine").at("model_shape").as_string() == path.string());
    // Keys and values of 2 numbers of 2 bytes, a block of 16 tokens.
    CHECK(number_in(json, "engine", "num_blocks") == (1 << 20) / (2 * 2 * 2 * 16));
  }
}

TEST_CASE("a shape that no file can have as its name is refused as any other") {
  const TraceFolder folder(8);
  auto options = folder.options();
  for (const std::string& name :
       {std::string(300, 'a'), std::string(5000, '/'), std::string("a\0b", 3),
        (folder.path() / "trace.csv" / "config.json").string()}) {
    CAPTURE(name);
    options.model_shape = name;
    CHECK(error_of(options).code != Errc{});
  }
  options.model_shape = std::string(300, 'a');
  CHECK(error_of(options).param == "model-shape");
}

TEST_CASE("memory is told in bytes or in blocks, and blocks go first") {
  const TraceFolder folder(100);
  auto options = folder.options();
  CHECK(number_in(replayed(options), "engine", "num_blocks") == 983);
  options.kv_memory = "1GiB";
  CHECK(number_in(replayed(options), "engine", "num_blocks") == (1 << 30) / (800 * 1024 * 16));
  options.num_blocks = 40;
  options.block_size = 8;
  const auto json = replayed(options);
  CHECK(number_in(json, "engine", "num_blocks") == 40);
  CHECK(number_in(json, "engine", "block_size") == 8);
  CHECK(number_in(json, "engine", "max_model_len") == 320);  // No more than there are slots.
}

TEST_CASE("requests may be fewer than the trace has, and longer than the context") {
  const TraceFolder folder(100);
  auto options = folder.options();
  options.num_requests = 2;
  options.allocators = {"paged"};
  CHECK(number_in(replayed(options), "workload", "requests") == 2);
  options.num_requests = 99;
  CHECK(number_in(replayed(options), "workload", "requests") == 5);
  options.max_model_len = 103;
  CHECK(replayed(options).at("allocators").at("paged").at("rejected") == 5);
}

TEST_CASE("arrivals are as the rate says") {
  const TraceFolder folder(100);
  auto options = folder.options();
  options.rate = "trace";
  CHECK(replayed(options).at("workload").at("rate").as_double() == Approx(1).epsilon(0.3));
  options.rate = "inf";
  CHECK(replayed(options).at("workload").at("rate").is_null());
  options.rate = "20";
  CHECK(replayed(options).at("workload").at("speedup").as_double() > 10);
}

TEST_CASE("a mix is drawn by the seed") {
  auto options = options_of("synthetic:alpaca:30");
  options.allocators = {"paged"};
  const auto one = replayed(options);
  CHECK(number_in(one, "workload", "requests") == 30);
  CHECK(replayed(options).at("workload") == one.at("workload"));
  options.seed = 2;
  CHECK(replayed(options).at("workload") != one.at("workload"));
}

TEST_CASE("what cannot be replayed is refused by the flag or the file at fault") {
  const TraceFolder folder(100);
  const auto param = [&](const std::function<void(ReplayOptions&)>& change) {
    auto options = folder.options();
    change(options);
    return error_of(options).param;
  };
  CHECK(param([](auto& o) { o.sampling = "beam:17"; }) == "sampling");
  CHECK(param([](auto& o) { o.model_shape = "gpt-5"; }) == "model-shape");
  CHECK(param([](auto& o) { o.kv_memory = "1"; }) == "kv-memory");
  CHECK(param([](auto& o) { o.kv_memory = "900000TB"; }) == "kv-memory");
  CHECK(param([](auto& o) { o.swap_space = "900000TB"; }) == "swap-space");
  auto options = folder.options();
  options.rate = "fast";
  CHECK(error_of(options).code == Errc::kInvalidValue);
  options = folder.options();
  options.scheduling_policy = "lifo";
  CHECK(error_of(options).code == Errc::kInvalidValue);
  CHECK(error_of(options_of(folder.path() / "none.csv")).code == Errc::kIo);
  folder.write("bad.csv", "arrival,input\n1,x\n");
  CHECK(error_of(options_of(folder.path() / "bad.csv")).detail.find("bad.csv:2: ") !=
        std::string::npos);
  folder.write("empty.csv", "");
  CHECK(error_of(options_of(folder.path() / "empty.csv")).detail.find("is empty") !=
        std::string::npos);
  CHECK(error_of(options_of("synthetic:poems")).code == Errc::kInvalidValue);
}
