// The few places where a replay touches the engine's own types.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>

#include "src/cache/block_manager.hpp"
#include "src/core/result.hpp"
#include "src/replay/memory_account.hpp"
#include "src/scheduler/reservation.hpp"
#include "src/scheduler/scheduler.hpp"

namespace octavo::seam {

/// Contiguous reservations share nothing: the prefix cache belongs to paging.
template <class Config>
void set_allocator(Config& config, KvAllocator allocator) {
  if constexpr (requires { config.kv_allocator; }) {
    config.kv_allocator = allocator;
    config.enable_prefix_caching = allocator == KvAllocator::kPaged;
  }
}

/// How the queue is ordered, and what happens to a victim's blocks.
template <class Config>
Result<void> set_policy(Config& config, const std::string& policy, const std::string& mode,
                        std::int32_t num_host_blocks) {
  if constexpr (requires { config.queue_policy; }) {
    using Policy = std::remove_reference_t<decltype((config.queue_policy))>;
    config.queue_policy = Policy::kFcfs;
    if (policy == "priority") config.queue_policy = Policy::kPriority;
    if (policy == "fair") config.queue_policy = Policy::kFair;
    config.num_host_blocks = num_host_blocks;
    if (mode == "swap") config.preemption_mode = PreemptionMode::kSwap;
    if (mode == "recompute") config.preemption_mode = PreemptionMode::kRecompute;
  } else if (policy != "fcfs" || mode == "swap" || num_host_blocks > 0) {
    return Error{Errc::kUnsupportedParameter, "only fcfs and recompute are there", ""};
  }
  return {};
}

template <class Config, class Manager = BlockManager>
Manager make_block_manager(const Config& config) {
  if constexpr (std::is_constructible_v<Manager, std::int32_t, std::int32_t>) {
    return Manager(config.num_blocks, config.block_size);
  } else {
    return Manager({.num_blocks = config.num_blocks,
                    .num_host_blocks = config.num_host_blocks,
                    .block_size = config.block_size,
                    .enable_prefix_caching = config.enable_prefix_caching,
                    .secret = config.seed});
  }
}

/// A result that says what its batch says, but for the tokens; every transfer is over when the step
/// is.
template <class Result = StepResult, class Batch>
Result result_of(const Batch& batch, std::int64_t* num_blocks_moved) {
  Result result;
  result.id = batch.id;
  *num_blocks_moved = 0;
  if constexpr (requires { result.credits; }) {
    result.credits = batch.credits;
    result.started = batch.started;
    for (const auto* transfers : {&batch.demotions, &batch.promotions}) {
      for (const auto& transfer : *transfers) {
        result.transfers_finished.push_back(transfer.id);
        *num_blocks_moved += static_cast<std::int64_t>(transfer.copies.size());
      }
    }
    result.num_blocks_transferred = static_cast<std::int32_t>(*num_blocks_moved);
  } else {
    result.free_blocks = batch.free_blocks;
  }
  return result;
}

template <class Result>
void set_transfer_time(Result& result, std::chrono::nanoseconds elapsed) {
  if constexpr (requires { result.transfer_elapsed; }) result.transfer_elapsed = elapsed;
}

/// The request that a sequence belongs to; without being told, by the order of submission.
template <class Start>
std::uint64_t request_of(const Start& start, std::int32_t num_choices) {
  if constexpr (requires { start.request; })
    return start.request.value;
  else
    return (start.id.value - 1) / static_cast<std::uint64_t>(num_choices) + 1;
}

template <class Start>
std::optional<std::int32_t> first_reserved(const Start& start) {
  if constexpr (requires { start.reservation; }) {
    if (start.reservation) return start.reservation->first.value;
  }
  return std::nullopt;
}

template <class Batch>
const auto* appended_of(const Batch& batch) {
  if constexpr (requires { batch.appended; })
    return &batch.appended;
  else
    return static_cast<const std::vector<SampledToken>*>(nullptr);
}

}  // namespace octavo::seam
