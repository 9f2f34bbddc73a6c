// The flags by which the scheduler is set, the same for an engine with a model and for its replay.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "src/app/cli/flags/number.hpp"

namespace octavo {

/// `Options` has a member of each flag's name; what it holds is the default.
template <class Options>
void add_engine_flags(CLI::App& command, Options& options, const std::string& group) {
  command.add_option("--max-num-seqs", options.max_num_seqs, "Sequences in one batch")
      ->transform(integer(1, 65536))
      ->capture_default_str()
      ->group(group);
  auto* budget = command
                     .add_option("--max-num-batched-tokens", options.max_num_batched_tokens,
                                 options.max_num_batched_tokens > 0
                                     ? "Token budget of a step"
                                     : "Token budget of a step (default: 512, on a GPU 8192)")
                     ->transform(integer(1, 1 << 20))
                     ->group(group);
  if (options.max_num_batched_tokens > 0) budget->capture_default_str();
  command
      .add_option("--step-time", options.step_time_ms,
                  "Milliseconds that a step may take with prefill beside running streams")
      ->transform(number(1, 60000))
      ->capture_default_str()
      ->group(group);
  command
      .add_option("--scheduling-policy", options.scheduling_policy,
                  "Who is admitted first: fcfs, priority (octavo.priority, smaller first), or fair "
                  "(equal shares of tokens between API keys)")
      ->check(CLI::IsMember({"fcfs", "priority", "fair"}))
      ->capture_default_str()
      ->group(group);
  command
      .add_option("--preemption-mode", options.preemption_mode,
                  "When blocks run out: swap to the host, recompute later, or auto, the cheaper by "
                  "measured rates")
      ->check(CLI::IsMember({"swap", "recompute", "auto"}))
      ->capture_default_str()
      ->group(group);
  command
      .add_flag("--enable-prefix-caching,!--no-enable-prefix-caching",
                options.enable_prefix_caching,
                "Keep the KV blocks of finished requests for others that begin alike (default: on)")
      ->group(group);
}

}  // namespace octavo
