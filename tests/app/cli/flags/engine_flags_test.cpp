#include "src/app/cli/flags/engine_flags.hpp"

#include <set>

#include "src/app/cli/flags/options.hpp"
#include "src/app/cli/flags/replay_flags.hpp"
#include "src/library/engine_settings.hpp"
#include "tests/app/cli/parsed_flags.hpp"
#include "tests/support/catch.hpp"

using namespace octavo;
using octavo::testing::fault_of;
using octavo::testing::NumberCase;

namespace {

/// Parses these words into `options`.
template <class Options>
std::string parse(Options& options, std::vector<std::string> words) {
  CLI::App app;
  add_engine_flags(app, options, "Scheduling");
  return fault_of(app, std::move(words));
}

SchedulerConfig config_of(const ModelOptions& options) {
  SchedulerConfig config;
  REQUIRE(set_engine(config, options).has_value());
  return config;
}

}  // namespace

TEST_CASE("every flag of the scheduler lands in its option") {
  ModelOptions options;
  CHECK(parse(options, {"--max-num-seqs", "7", "--max-num-batched-tokens", "9", "--step-time",
                        "2.5", "--scheduling-policy", "fair", "--preemption-mode", "swap",
                        "--no-enable-prefix-caching"}) == "");
  CHECK(options.max_num_seqs == 7);
  CHECK(options.max_num_batched_tokens == 9);
  CHECK(options.step_time_ms == 2.5);
  CHECK(options.scheduling_policy == "fair");
  CHECK(options.preemption_mode == "swap");
  CHECK_FALSE(options.enable_prefix_caching);
}

TEST_CASE("flags that are not given leave what the options held") {
  ModelOptions options;
  options.max_num_seqs = 77;
  CHECK(parse(options, {}) == "");
  CHECK(options.max_num_seqs == 77);
  CHECK(options.enable_prefix_caching);
  CHECK(parse(options, {"--enable-prefix-caching"}) == "");
  CHECK(options.enable_prefix_caching);
}

TEST_CASE("numbers of the scheduler have bounds") {
  const std::vector<NumberCase> cases{
      {"--max-num-seqs", {"1", "65536"}, {"0", "65537", "-1", "many", "1.5", ""}},
      {"--max-num-batched-tokens", {"1", "1048576"}, {"0", "1048577", "99999999999"}},
      {"--step-time", {"1", "60000", "1.5"}, {"0.99", "60001", "-5", "slow"}}};
  for (const NumberCase& each : cases) {
    for (const std::string& value : each.good) {
      CAPTURE(each.flag, value);
      ModelOptions options;
      CHECK(parse(options, {each.flag, value}) == "");
    }
    for (const std::string& value : each.bad) {
      CAPTURE(each.flag, value);
      ModelOptions options;
      CHECK(parse(options, {each.flag + "=" + value}).find(each.flag) != std::string::npos);
    }
  }
}

TEST_CASE("a policy and a mode are among those that there are, in their spelling") {
  ModelOptions options;
  for (const char* policy : {"fcfs", "priority", "fair"})
    CHECK(parse(options, {"--scheduling-policy", policy}) == "");
  for (const char* mode : {"swap", "recompute", "auto"})
    CHECK(parse(options, {"--preemption-mode", mode}) == "");
  for (const char* name : {"", "FCFS", "lifo", "auto "}) {
    CAPTURE(name);
    CHECK(parse(options, {"--scheduling-policy", name}) != "");
  }
  CHECK(parse(options, {"--preemption-mode", "none"}) != "");
}

TEST_CASE("options become the scheduler's configuration") {
  ModelOptions options;
  options.max_num_seqs = 7;
  options.max_num_batched_tokens = 9;
  options.step_time_ms = 2.5;
  options.scheduling_policy = "priority";
  options.preemption_mode = "recompute";
  options.enable_prefix_caching = false;
  options.seed = 11;
  const SchedulerConfig config = config_of(options);
  CHECK(config.max_num_seqs == 7);
  CHECK(config.max_num_batched_tokens == 9);
  CHECK(config.target_step_time == std::chrono::microseconds(2500));
  CHECK(config.queue_policy == QueuePolicyName::kPriority);
  CHECK(config.preemption_mode == PreemptionMode::kRecompute);
  CHECK_FALSE(config.enable_prefix_caching);
  CHECK(config.seed == 11);
}

TEST_CASE("a token budget of 0 leaves the one that is there") {
  SchedulerConfig config;
  config.max_num_batched_tokens = 123;
  ModelOptions options;
  options.max_num_batched_tokens = 0;
  REQUIRE(set_engine(config, options).has_value());
  CHECK(config.max_num_batched_tokens == 123);
}

TEST_CASE("each preemption mode is set, and auto unsets it") {
  ModelOptions options;
  options.preemption_mode = "swap";
  SchedulerConfig config = config_of(options);
  CHECK(config.preemption_mode == PreemptionMode::kSwap);
  options.preemption_mode = "auto";
  REQUIRE(set_engine(config, options).has_value());
  CHECK_FALSE(config.preemption_mode.has_value());
}

TEST_CASE("a policy that is not known is an error, for whoever does not come by the flags") {
  ModelOptions options;
  options.scheduling_policy = "lifo";
  SchedulerConfig config;
  const auto set = set_engine(config, options);
  REQUIRE(set.has_error());
  CHECK(set.error().code == Errc::kInvalidValue);
}

TEST_CASE("of what is given each flag alone changes its own setting") {
  ReplayOptions options;
  options.max_num_seqs = 7;
  options.max_num_batched_tokens = 9;
  options.step_time_ms = 2;
  options.scheduling_policy = "fair";
  options.preemption_mode = "swap";
  options.enable_prefix_caching = false;
  options.seed = 11;
  for (const std::string given :
       {"max-num-seqs", "max-num-batched-tokens", "step-time", "scheduling-policy",
        "preemption-mode", "no-enable-prefix-caching", "seed", "none"}) {
    CAPTURE(given);
    SchedulerConfig config;
    const SchedulerConfig before = config;
    const auto is_given = [&](const char* flag) { return flag == given; };
    REQUIRE(set_engine(config, options, is_given).has_value());
    CHECK((config.max_num_seqs != before.max_num_seqs) == (given == "max-num-seqs"));
    CHECK((config.max_num_batched_tokens != before.max_num_batched_tokens) ==
          (given == "max-num-batched-tokens"));
    CHECK((config.target_step_time != before.target_step_time) == (given == "step-time"));
    CHECK((config.queue_policy != before.queue_policy) == (given == "scheduling-policy"));
    CHECK(config.preemption_mode.has_value() == (given == "preemption-mode"));
    CHECK((config.enable_prefix_caching != before.enable_prefix_caching) ==
          (given == "no-enable-prefix-caching"));
    CHECK((config.seed != before.seed) == (given == "seed"));
  }
}
