// What the README tells of limits is what the command line does.
#include "src/app/cli/flags/limit_flags.hpp"

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <fstream>
#include <map>

#include "src/app/cli/flags/serve_flags.hpp"
#include "tests/app/cli/parsed_flags.hpp"
#include "tests/support/catch.hpp"

using namespace octavo;

namespace {

/// The rows of the README's table, from flag to default.
std::map<std::string, std::string> documented() {
  std::ifstream file(std::string(std::getenv("OCTAVO_TESTS_DIR")) + "/../protocol/README.md");
  std::map<std::string, std::string> rows;
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with("| `--")) continue;
    const std::string flag = line.substr(3, line.find('`', 3) - 3);
    const std::size_t begin = line.find('|', 2) + 2;
    rows[flag] = line.substr(begin, line.find(" |", begin) - begin);
  }
  return rows;
}

/// The same as --help has it.
std::map<std::string, std::string> offered() {
  CLI::App app;
  ServeOptions options;
  add_server(app, options);
  std::map<std::string, std::string> rows;
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_group() == "Limits")
      rows["--" + option->get_lnames().front()] = option->get_default_str();
  }
  return rows;
}

std::string parse(ServeOptions& options, std::vector<std::string> words) {
  CLI::App app;
  add_limits(app, options);
  return testing::fault_of(app, std::move(words));
}

}  // namespace

TEST_CASE("the README's table of limits is that of the flags") {
  CHECK(documented().size() >= 27);
  CHECK(documented() == offered());
}

TEST_CASE("a limit lands in its option") {
  ServeOptions options;
  CHECK(parse(options,
              {"--max-connections-per-address", "0", "--max-message-time", "7", "--max-json-depth",
               "9", "--max-header-size", "8KiB", "--max-lanes", "3", "--max-pings", "5"}) == "");
  CHECK(options.limits.gate.max_per_address == 0);
  CHECK(options.limits.message_timeout == std::chrono::seconds(7));
  CHECK(options.limits.max_json_depth == 9);
  CHECK(options.limits.max_head_bytes == 8192);
  CHECK(options.limits.lanes.max_named == 3);
  CHECK(options.limits.max_pings_per_second == 5);
}

TEST_CASE("a limit that no server could hold is refused") {
  ServeOptions options;
  for (const auto& [flag, value] :
       std::vector<std::pair<std::string, std::string>>{{"--max-connections", "0"},
                                                        {"--max-json-depth", "100000"},
                                                        {"--max-header-size", "1GiB"},
                                                        {"--max-message-size", "0"},
                                                        {"--max-message-time", "-1"},
                                                        {"--close-timeout", "0.5"}}) {
    CAPTURE(flag);
    CHECK(parse(options, {flag, value}).find(flag) != std::string::npos);
  }
}
