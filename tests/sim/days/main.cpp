// Runs simulated days: days [--seed N] [--seeds COUNT] [--events COUNT]. The first that breaks a
// promise ends it, with the command that repeats that day.
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>

#include "tests/sim/days/broken.hpp"
#include "tests/sim/days/day.hpp"
#include "tests/sim/days/failing_disk.hpp"

using namespace octavo::testing;

int main(int argc, char** argv) {
  CLI::App app("Simulated days of a server, each from a seed.");
  std::uint32_t seed = 1;
  std::uint32_t num_seeds = 200;
  int num_events = 2000;
  app.add_option("--seed", seed, "of the first day")->capture_default_str();
  app.add_option("--seeds", num_seeds, "number of days")->capture_default_str();
  app.add_option("--events", num_events, "of each day")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  spdlog::set_level(std::getenv("OCTAVO_LOG") ? spdlog::level::info : spdlog::level::off);
  use_failing_disk();
  const auto folder =
      std::filesystem::temp_directory_path() / ("octavo-days-" + std::to_string(getpid()));
  Solo solo;
  std::size_t num_ended = 0;
  int num_lives = 0;
  int status = 0;
  for (std::uint32_t each = seed; each < seed + num_seeds && status == 0; ++each) {
    std::filesystem::remove_all(folder);
    std::filesystem::create_directories(folder);
    Day day(each, folder, solo);
    try {
      day.run(num_events);
      num_ended += day.num_ended();
      num_lives += day.num_lives();
    } catch (const std::exception& error) {
      std::printf("seed %u, event %d: %s\nto repeat it: %s --seeds 1 --seed %u --events %d\n", each,
                  day.num_events(), error.what(), argv[0], each, num_events);
      status = 1;
    }
    if ((each - seed + 1) % 50 == 0)
      std::printf("%u days, %d lives of a server, %zu responses\n", each - seed + 1, num_lives,
                  num_ended);
    std::fflush(stdout);
  }
  std::filesystem::remove_all(folder);
  return status;
}
