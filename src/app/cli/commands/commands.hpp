// What each subcommand does. Results go to standard output, logs and progress to standard error; an
// error is one line.
#pragma once

#include <string>

#include "src/app/cli/flags/options.hpp"
#include "src/core/result.hpp"

namespace octavo {

/// Exit statuses: 0 done, 1 our own or the world's fault, 2 bad input.
int exit_status_of(const Error& error);

[[nodiscard]] Result<int> serve(const ServeOptions& options);
[[nodiscard]] Result<int> generate(const GenerateOptions& options);
/// Standard input -> {"ids"}; with `decode` {"ids"} -> {"text"}.
[[nodiscard]] Result<int> tokenize(const std::string& model, bool decode, bool no_special);

struct RenderOptions {
  std::string model;          ///< Or:
  std::string chat_template;  ///< a template file, with
  std::string context;        ///< a JSON file of its variables.
  std::string messages;
  std::string tools;
  bool no_generation_prompt = false;
};
[[nodiscard]] Result<int> render(const RenderOptions& options);
[[nodiscard]] Result<int> inspect(const ModelOptions& options, bool json);
[[nodiscard]] Result<int> bench_throughput(const BenchOptions& options);
[[nodiscard]] Result<int> bench_latency(const BenchOptions& options);
[[nodiscard]] Result<int> bench_invariance(const BenchOptions& options);
[[nodiscard]] Result<int> bench_overlap(const BenchOptions& options);

}  // namespace octavo
