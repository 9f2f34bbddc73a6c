// The bytes that the block ids stand for: one pool on the device, one on the host, taken once.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "kernels/backend.hpp"
#include "src/core/result.hpp"
#include "src/core/span_sink.hpp"
#include "src/core/step.hpp"

namespace octavo {

/// Executor thread only.
class KvCache {
 public:
  /// `shape` without its data: all extents, with num_blocks of the device pool.
  /// Errors: kOutOfMemory.
  [[nodiscard]] static Result<KvCache> make(kernels::Backend& backend,
                                            const kernels::KvCacheView& shape,
                                            std::int64_t num_host_blocks);

  const kernels::KvCacheView& view() const { return view_; }
  std::int64_t num_host_blocks() const { return num_host_blocks_; }

  /// Begins the demotions, then the promotions, then copies within the device before the next op.
  /// Errors: kEngineError for a block outside its pool, before any byte moves.
  [[nodiscard]] Result<void> apply(const StepBatch& batch);
  /// The transfers that have finished since the last call.
  /// Only those of steps up to `last`: later ones are not known yet.
  std::vector<TransferId> collect_transfers(StepId last);
  /// Tells `result` how much all of them moved since the last result, and how long that took.
  void report_copies(StepResult& result);
  /// Hears of each transfer that is collected. May be null.
  void set_spans(SpanSink* spans) { spans_ = spans; }
  /// The oldest transfer that has not been reported.
  std::optional<kernels::CopyTicket> oldest_transfer() const;

 private:
  struct Movement {
    TransferId id;
    std::int32_t num_blocks = 0;
    std::optional<kernels::CopyTicket> ticket;  ///< None: nothing had to be moved.
  };

  void move(const std::vector<Transfer>& transfers, kernels::CopyDirection direction);
  void set_copies(std::span<const BlockCopy> copies);

  KvCache(kernels::Backend& backend, const kernels::KvCacheView& shape,
          std::int64_t num_host_blocks)
      : backend_(&backend), view_(shape), num_host_blocks_(num_host_blocks) {}

  kernels::Backend* backend_;
  kernels::KvCacheView view_;
  std::int64_t num_host_blocks_;
  kernels::Buffer device_;
  kernels::Buffer host_;
  SpanSink* spans_ = nullptr;
  std::vector<Movement> moving_;  ///< Oldest first.
  std::int32_t num_blocks_moved_ = 0;
  std::chrono::nanoseconds moved_for_{};
  std::vector<std::pair<std::int32_t, std::int32_t>> copies_;
};

}  // namespace octavo
