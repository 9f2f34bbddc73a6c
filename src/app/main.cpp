// The octavo command.
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <functional>
#include <iostream>
#include <new>

#include "src/app/cli/cli.hpp"
#include "src/app/cli/flags/examples.hpp"
#include "src/app/cli/one_line.hpp"
#include "src/app/cli/parse_fault.hpp"
#include "src/app/version.hpp"

namespace {

int refuse(const std::string& why, int status) {
  std::fprintf(stderr, "octavo: %s\n", octavo::one_line(why).c_str());
  return status;
}

/// Whether standard output has taken all of it; a disk may be full.
bool is_written() {
  std::cout.flush();
  std::fflush(stdout);
  return std::cout.good() && std::ferror(stdout) == 0;
}

int refuse(const CLI::App& app, const CLI::ParseError& error) {
  if (!octavo::asks_for_commands(app, error)) return refuse(octavo::sentence_of(app, error), 2);
  std::fputs(app.help().c_str(), stderr);
  return 2;
}

int end(int status) {
  return is_written() ? status : refuse("standard output cannot be written: is the disk full?", 1);
}

}  // namespace

int main(int argc, char** argv) {
  spdlog::set_default_logger(spdlog::stderr_color_mt("octavo"));
  CLI::App app(
      "Octavo serves large language models from a paged KV cache, streaming over WebSockets.");
  app.set_version_flag("--version", octavo::version_line());
  app.require_subcommand(1);
  octavo::add_examples(
      app, {"octavo serve MODEL --port 8080", "octavo generate MODEL --prompt \"Once upon a time\"",
            "octavo generate --help   # what this command takes"});
  app.get_formatter()->column_width(36);
  octavo::Cli cli(app);
  try {
    app.parse(argc, argv);
    const octavo::Result<int> status = cli.run();
    if (status) return end(*status);
    return refuse(status.error().message(), octavo::exit_status_of(status.error()));
  } catch (const CLI::ParseError& error) {
    return error.get_exit_code() == 0 ? end(app.exit(error)) : refuse(app, error);
  } catch (const std::bad_alloc&) {
    return refuse("there is not enough memory for that", 1);
  } catch (const std::exception& error) {  // A library's.
    return refuse(error.what(), 1);
  }
}
