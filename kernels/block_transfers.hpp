// Blocks of the cache on their way between device and host memory, beside the computation.
#pragma once

#include <cstdint>
#include <span>
#include <utility>

#include "kernels/device_span.hpp"
#include "kernels/kv_cache_view.hpp"

namespace octavo::kernels {

/// Names a movement of blocks between the tiers.
using CopyTicket = std::uint64_t;

enum class CopyDirection : std::uint8_t { kToHost, kToDevice };

/// Thread: the caller of the operations, `wait_copied` any.
class BlockTransfers {
 public:
  virtual ~BlockTransfers() = default;

  /// Whole blocks between the cache and `host`, memory of `Storage::allocate_host` with the same
  /// layout: after what was enqueued before, beside what is enqueued later. Nothing may write the
  /// sources or touch the destinations until `is_copied`.
  virtual CopyTicket copy_blocks_between(
      CopyDirection direction, const KvCacheView& cache, void* host,
      std::span<const std::pair<std::int32_t, std::int32_t>> source_destination) = 0;
  virtual bool is_copied(CopyTicket ticket) = 0;
  /// Blocks until `is_copied`. Thread: any.
  virtual void wait_copied(CopyTicket ticket) = 0;
  /// When an ended copy ran.
  virtual DeviceSpan copied_span(CopyTicket ticket) = 0;
};

}  // namespace octavo::kernels
