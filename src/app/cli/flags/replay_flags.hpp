// What `octavo replay` was asked for.
#pragma once

#include <CLI/App.hpp>
#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <vector>

namespace octavo {

struct ReplayOptions {
  std::string trace;
  std::vector<std::string> allocators;  ///< Empty: all.
  std::string model_shape;              ///< Empty: by the trace.
  std::string kv_memory;                ///< Empty: by the shape.
  std::int32_t num_blocks = 0;          ///< 0: by the memory.
  std::int32_t block_size = 16;
  std::int32_t max_model_len = 0;  ///< 0: by the trace.
  std::int32_t max_num_seqs = 1024;
  std::int32_t max_num_batched_tokens = 32768;
  std::int64_t num_requests = 0;  ///< 0: all.
  std::string rate = "saturate";
  std::string sampling;  ///< Empty: one completion each.
  std::string scheduling_policy = "fcfs";
  std::string preemption_mode = "auto";
  std::string swap_space;
  bool enable_prefix_caching = true;
  double step_time_ms = 250;
  std::uint64_t seed = 1;
  bool json = false;
  std::string html;  ///< Empty: beside the working folder, by the trace's name.
  bool no_html = false;
  std::set<std::string> given;  ///< The flags that were, without dashes.

  bool has(const std::string& flag) const { return given.count(flag) != 0; }
};

/// Adds the subcommand; calls `chosen` when it was parsed.
void add_replay(CLI::App& app, ReplayOptions& options, std::function<void()> chosen);

}  // namespace octavo
