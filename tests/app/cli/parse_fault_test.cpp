#include "src/app/cli/parse_fault.hpp"

#include <algorithm>

#include "src/app/cli/cli.hpp"
#include "tests/support/catch.hpp"

using namespace octavo;

namespace {

struct Told {
  std::string sentence;
  bool is_list = false;
};

/// What is said of these words.
Told told(std::vector<std::string> words) {
  CLI::App app;
  app.require_subcommand(1);
  const Cli cli(app);
  std::reverse(words.begin(), words.end());
  try {
    app.parse(std::move(words));
  } catch (const CLI::ParseError& error) {
    return {sentence_of(app, error), asks_for_commands(app, error)};
  }
  return {};
}

}  // namespace

TEST_CASE("a command that is missing is answered with the list of commands") {
  CHECK(told({}).is_list);
  CHECK(told({"bench"}).is_list);
  CHECK_FALSE(told({"sing"}).is_list);
  CHECK_FALSE(told({"bench", "speed"}).is_list);
  CHECK_FALSE(told({"replay"}).is_list);
}

TEST_CASE("a command that is mistyped is corrected, and any other learns which there are") {
  CHECK(told({"generat", "--prompt", "x"}).sentence ==
        "`octavo` has no command `generat`: did you mean `generate`?");
  CHECK(told({"Serve"}).sentence == "`octavo` has no command `Serve`: did you mean `serve`?");
  CHECK(told({"tokenise"}).sentence ==
        "`octavo` has no command `tokenise`: did you mean `tokenize`?");
  CHECK(
      told({"bench", "speed"}).sentence ==
      "`octavo bench` has no command `speed`: there are throughput, latency, overlap, invariance");
}

TEST_CASE("a flag that is mistyped is corrected by those of its command") {
  CHECK(told({"generate", "--max-token=3"}).sentence ==
        "`octavo generate` has no flag `--max-token`: did you mean `--max-tokens`?");
  CHECK(told({"bench", "latency", "--inputlen", "3"}).sentence ==
        "`octavo bench latency` has no flag `--inputlen`: did you mean `--input-len`?");
  CHECK(told({"replay", "--no-hmtl"}).sentence ==
        "`octavo replay` has no flag `--no-hmtl`: did you mean `--no-html`?");
  CHECK(told({"inspect", "--wonder"}).sentence ==
        "`octavo inspect` has no flag `--wonder`: see `octavo inspect --help`");
  CHECK(told({"--prompt", "generate"}).sentence.starts_with("`octavo` has no flag `--prompt`"));
}

TEST_CASE("a word, a value and a flag too many or too few are told as such") {
  CHECK(told({"inspect", "a", "b"}).sentence ==
        "`b` is one word too many for `octavo inspect`: see `octavo inspect --help`");
  CHECK(told({"inspect", "--seed"}).sentence ==
        "--seed needs a value: see `octavo inspect --help`");
  CHECK(told({"inspect", "--seed", "1", "--seed", "2"}).sentence ==
        "--seed is given more than once: leave all but one of them out");
  CHECK(told({"replay"}).sentence == "TRACE is required: see `octavo replay --help`");
  CHECK(told({"inspect", "--json=maybe"}).sentence.find("--json") != std::string::npos);
}

TEST_CASE("a range is told as one sentence that begins with the flag") {
  CHECK(told({"inspect", "--max-model-len", "0"}).sentence ==
        "--max-model-len must be an integer of 1 or more (it is `0`)");
  CHECK(told({"serve", "--port", "70000"}).sentence ==
        "--port must be an integer between 0 and 65535 (it is `70000`)");
  CHECK(told({"serve", "--log-level", "loud"}).sentence.starts_with("--log-level: loud not in"));
}

TEST_CASE("the nearest name is that of the fewest changes, and none when all are far") {
  const std::vector<std::string> names{"--top-k", "--top-p", "--stop", "--stop-token-id"};
  CHECK(nearest_name("--top-k", names) == "--top-k");
  CHECK(nearest_name("--topk", names) == "--top-k");
  CHECK(nearest_name("--sotp", names) == "--stop");
  CHECK(nearest_name("--TOP-P", names) == "--top-p");
  CHECK(nearest_name("--token-id", names) == "--stop-token-id");
  CHECK(nearest_name("--q", names) == "");
  CHECK(nearest_name("--", names) == "");
  CHECK(nearest_name("", names) == "");
  CHECK(nearest_name(std::string(100'000, 's'), names) == "");
  CHECK(nearest_name("--stop", {}) == "");
}
