#include "src/app/serve/engine_metrics.hpp"

#include <algorithm>

namespace octavo {
namespace {

struct TierCounts {
  std::int32_t num_blocks = 0;
  std::int32_t num_available = 0;  ///< Free or cached.
  std::int32_t num_cached = 0;
  std::int32_t num_in_transfer = 0;
};

/// Answers the share of the tier that is in use. The numbers are read one by one while the engine
/// goes on, so a difference may be briefly below 0.
double show_tier(Tier tier, const TierCounts& counts, Metrics& metrics) {
  const auto show = [&](BlockState state, std::int32_t num_blocks) {
    metrics.set_blocks(tier, state, std::max(0, num_blocks));
  };
  const std::int32_t used = counts.num_blocks - counts.num_available;
  show(BlockState::kFree, counts.num_available - counts.num_cached);
  show(BlockState::kCached, counts.num_cached);
  show(BlockState::kOwned, used - counts.num_in_transfer);
  show(BlockState::kInTransfer, counts.num_in_transfer);
  return counts.num_blocks > 0 ? static_cast<double>(used) / counts.num_blocks : 0;
}

}  // namespace

void show(const EngineStatus& status, std::int32_t block_size, Metrics& metrics) {
  metrics.num_requests_running().Set(status.num_running.load());
  metrics.num_requests_waiting().Set(status.num_waiting.load());
  metrics.num_requests_preempted().Set(status.num_preempted.load());
  metrics.num_requests_swapped().Set(status.num_swapped.load());
  const TierCounts device{status.num_blocks.load(), status.num_free_blocks.load(),
                          status.num_cached_blocks.load(), status.num_blocks_in_transfer.load()};
  const TierCounts host{status.num_host_blocks.load(), status.num_free_host_blocks.load(),
                        status.num_cached_host_blocks.load(),
                        status.num_host_blocks_in_transfer.load()};
  metrics.kv_cache_usage().Set(show_tier(Tier::kDevice, device, metrics));
  metrics.cpu_cache_usage().Set(show_tier(Tier::kHost, host, metrics));
  const double used_slots =
      static_cast<double>(device.num_blocks - device.num_available) * block_size;
  // Shared slots hold the tokens of several sequences: then nothing is wasted.
  const double filled = static_cast<double>(status.num_tokens_held.load());
  metrics.kv_cache_waste().Set(used_slots > 0 ? std::max(0.0, 1.0 - filled / used_slots) : 0);

  EngineTotals totals;
  totals.num_preemptions_swap = status.num_preemptions_swap.load();
  totals.num_preemptions_recompute = status.num_preemptions_recompute.load();
  totals.num_steps = status.num_steps.load();
  totals.num_scheduled_tokens = status.num_scheduled_tokens.load();
  totals.num_prefix_queries = status.num_prefix_queries.load();
  totals.num_prefix_hits = status.num_prefix_hits.load();
  totals.num_blocks_demoted = status.num_blocks_demoted.load();
  totals.num_blocks_promoted = status.num_blocks_promoted.load();
  metrics.set_engine_totals(totals);
}

}  // namespace octavo
