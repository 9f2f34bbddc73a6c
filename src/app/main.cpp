// The octavo command.
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <functional>

#include "src/app/cli/cli.hpp"

int main(int argc, char** argv) {
  spdlog::set_default_logger(spdlog::stderr_color_mt("octavo"));
  CLI::App app(
      "Octavo serves large language models from a paged KV cache, streaming over WebSockets.");
  app.set_version_flag("--version", OCTAVO_VERSION);
  app.require_subcommand(1);
  app.get_formatter()->column_width(36);
  octavo::Cli cli(app);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);
    std::fprintf(stderr, "octavo: %s\n", error.what());
    return 2;
  }
  const octavo::Result<int> status = cli.run();
  if (status) return *status;
  std::fprintf(stderr, "octavo: %s\n", status.error().message().c_str());
  return octavo::exit_status_of(status.error());
}
