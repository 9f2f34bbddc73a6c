// What the options of an engine, by their names, set in its scheduler: the same for an engine with
// a model and for its replay.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "src/scheduler/scheduler_config.hpp"

namespace octavo {

/// What these flags set; of them only those that `is_given`, by their names without dashes.
template <class Options>
[[nodiscard]] Result<void> set_engine(
    SchedulerConfig& engine, const Options& options,
    const std::function<bool(const char*)>& is_given = [](const char*) { return true; }) {
  if (is_given("max-num-seqs")) engine.max_num_seqs = options.max_num_seqs;
  if (is_given("max-num-batched-tokens") && options.max_num_batched_tokens > 0)
    engine.max_num_batched_tokens = options.max_num_batched_tokens;
  if (is_given("step-time")) {
    engine.target_step_time =
        std::chrono::nanoseconds(static_cast<std::int64_t>(options.step_time_ms * 1e6));
  }
  if (is_given("enable-prefix-caching") || is_given("no-enable-prefix-caching"))
    engine.enable_prefix_caching = options.enable_prefix_caching;
  if (is_given("seed")) engine.seed = std::optional<std::uint64_t>(options.seed).value_or(0);
  if (is_given("scheduling-policy")) {
    const auto policy = queue_policy_named(options.scheduling_policy);
    if (!policy) return policy.error();
    engine.queue_policy = *policy;
  }
  if (is_given("preemption-mode")) {
    engine.preemption_mode.reset();
    if (options.preemption_mode == "swap") engine.preemption_mode = PreemptionMode::kSwap;
    if (options.preemption_mode == "recompute") engine.preemption_mode = PreemptionMode::kRecompute;
  }
  return {};
}

}  // namespace octavo
