#include "src/app/cli/flags/replay_flags.hpp"

#include "tests/app/cli/parsed_flags.hpp"
#include "tests/support/catch.hpp"

using namespace octavo;
using octavo::testing::fault_of;
using octavo::testing::NumberCase;

namespace {

struct Parsed {
  ReplayOptions options;
  int num_chosen = 0;
  std::string fault;
};

Parsed parse(std::vector<std::string> words) {
  Parsed parsed;
  CLI::App app;
  add_replay(app, parsed.options, [&parsed] { ++parsed.num_chosen; });
  words.insert(words.begin(), "replay");
  parsed.fault = fault_of(app, std::move(words));
  return parsed;
}

}  // namespace

TEST_CASE("a replay needs a trace, and is chosen once when it was parsed") {
  const Parsed parsed = parse({"trace.csv"});
  CHECK(parsed.fault == "");
  CHECK(parsed.options.trace == "trace.csv");
  CHECK(parsed.num_chosen == 1);
  const Parsed without = parse({});
  CHECK(without.fault.find("TRACE") != std::string::npos);
  CHECK(without.num_chosen == 0);
  CHECK(parse({"one", "two"}).fault != "");
}

TEST_CASE("what is not said of a replay is left to the trace and the shape") {
  const ReplayOptions options = parse({"trace.csv"}).options;
  CHECK(options.allocators.empty());
  CHECK(options.model_shape.empty());
  CHECK(options.kv_memory.empty());
  CHECK(options.num_blocks == 0);
  CHECK(options.max_model_len == 0);
  CHECK(options.num_requests == 0);
  CHECK(options.rate == "saturate");
  CHECK(options.sampling.empty());
  CHECK(options.enable_prefix_caching);
  CHECK_FALSE(options.json);
  CHECK_FALSE(options.no_html);
}

TEST_CASE("every flag of a replay lands in its option") {
  const Parsed parsed = parse({"--model-shape",   "llama-3-8b", "--kv-memory",  "3GiB",
                               "--num-blocks",    "5",          "--block-size", "8",
                               "--max-model-len", "77",         "--swap-space", "1GiB",
                               "--rate",          "2.5",        "--sampling",   "beam:4",
                               "--num-requests",  "9",          "--seed",       "42",
                               "--html",          "page.html",  "--json",       "trace.csv"});
  CHECK(parsed.fault == "");
  const ReplayOptions& options = parsed.options;
  CHECK(options.trace == "trace.csv");
  CHECK(options.model_shape == "llama-3-8b");
  CHECK(options.kv_memory == "3GiB");
  CHECK(options.num_blocks == 5);
  CHECK(options.block_size == 8);
  CHECK(options.max_model_len == 77);
  CHECK(options.swap_space == "1GiB");
  CHECK(options.rate == "2.5");
  CHECK(options.sampling == "beam:4");
  CHECK(options.num_requests == 9);
  CHECK(options.seed == 42);
  CHECK(options.html == "page.html");
  CHECK(options.json);
}

TEST_CASE("allocators are named several times, under either flag, and leave the trace its word") {
  const Parsed parsed = parse({"--allocator", "paged", "--kv-allocator", "orca-max", "trace.csv"});
  CHECK(parsed.fault == "");
  CHECK(parsed.options.allocators == std::vector<std::string>{"paged", "orca-max"});
  CHECK(parsed.options.trace == "trace.csv");
  CHECK(parse({"trace.csv", "--allocator", "orca"}).fault.find("--allocator") != std::string::npos);
}

TEST_CASE("a page is written or is not") {
  CHECK(parse({"trace.csv", "--no-html"}).options.no_html);
  CHECK(parse({"trace.csv", "--no-html", "--html", "page.html"}).fault.find("--html") !=
        std::string::npos);
}

TEST_CASE("numbers of a replay have bounds") {
  const std::vector<NumberCase> cases{
      {"--num-blocks", {"1", "67108864"}, {"0", "67108865", "-1", "x"}},
      {"--block-size", {"1", "1024"}, {"0", "1025"}},
      {"--max-model-len", {"1", "2147483647"}, {"0", "-1", "2147483648"}},
      {"--num-requests", {"1", "9223372036854775807"}, {"0", "-1", "many"}},
      {"--kv-memory", {"1", "12GiB"}, {"12 GiB", "-1", ""}},
      {"--swap-space", {"0", "12GiB"}, {"12 GiB", "x"}},
      {"--seed", {"0", "18446744073709551615"}, {"x"}},
      {"--max-num-seqs", {"1"}, {"0"}},
      {"--step-time", {"1"}, {"0"}}};
  for (const NumberCase& each : cases) {
    for (const std::string& value : each.good) {
      CAPTURE(each.flag, value);
      CHECK(parse({"trace.csv", each.flag, value}).fault == "");
    }
    for (const std::string& value : each.bad) {
      CAPTURE(each.flag, value);
      const Parsed parsed = parse({"trace.csv", each.flag + "=" + value});
      CHECK(parsed.fault.find(each.flag) != std::string::npos);
      CHECK(parsed.num_chosen == 0);
    }
  }
}

TEST_CASE("the flags that were given are known by every name that they have") {
  const ReplayOptions none = parse({"trace.csv"}).options;
  CHECK_FALSE(none.has("json"));
  CHECK_FALSE(none.has("seed"));
  const ReplayOptions some = parse({"trace.csv", "--json", "--seed", "1", "--allocator", "paged",
                                    "--no-enable-prefix-caching", "--block-size", "16"})
                                 .options;
  // Also when what they say is the default.
  for (const char* flag : {"json", "seed", "allocator", "kv-allocator", "enable-prefix-caching",
                           "no-enable-prefix-caching", "block-size"}) {
    CAPTURE(flag);
    CHECK(some.has(flag));
  }
  CHECK_FALSE(some.has("rate"));
  CHECK_FALSE(some.has("max-num-seqs"));
  CHECK_FALSE(some.has("--json"));
}
