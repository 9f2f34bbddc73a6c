// The command line's flags, bound to options; `run` does what the chosen subcommand says.
#pragma once

#include <CLI/App.hpp>
#include <functional>

#include "src/app/cli/commands/commands.hpp"
#include "src/app/cli/commands/replay_command.hpp"

namespace octavo {

class Cli {
 public:
  /// app must outlive it, and it must outlive the parsing.
  explicit Cli(CLI::App& app);
  [[nodiscard]] Result<int> run() const { return action_(); }

 private:
  void add_serve(CLI::App& app);
  void add_generate(CLI::App& app);
  void add_text(CLI::App& app);
  void add_inspect(CLI::App& app);
  void add_bench(CLI::App& app);

  std::function<Result<int>()> action_;
  ServeOptions serve_;
  GenerateOptions generate_;
  RenderOptions render_;
  ModelOptions inspect_;
  BenchOptions bench_;
  ReplayOptions replay_;
  std::string tokenize_model_;
  bool decode_ = false;
  bool no_special_ = false;
  bool inspect_json_ = false;
};

}  // namespace octavo
