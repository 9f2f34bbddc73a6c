// The bytes behind the block ids: one pool on the device, one on the host, taken once.
#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "kernels/backend.hpp"
#include "src/core/result.hpp"
#include "src/core/step.hpp"

namespace octavo {

/// Executor thread only.
class KvCache {
 public:
  /// `shape` without its data: all extents, with num_blocks of the device pool.
  /// Errors: kOutOfMemory.
  static Result<KvCache> make(kernels::Backend& backend, const kernels::KvCacheView& shape,
                              std::int64_t num_host_blocks);

  const kernels::KvCacheView& view() const { return view_; }
  std::int64_t num_host_blocks() const { return num_host_blocks_; }

  /// Demotes, then promotes, then copies within the device; all of it before the next op.
  /// Errors: kEngineError for a block outside its pool, before any byte moves.
  Result<void> apply(const StepBatch& batch);

 private:
  KvCache(kernels::Backend& backend, const kernels::KvCacheView& shape,
          std::int64_t num_host_blocks)
      : backend_(&backend), view_(shape), num_host_blocks_(num_host_blocks) {}

  kernels::Backend* backend_;
  kernels::KvCacheView view_;
  std::int64_t num_host_blocks_;
  kernels::Buffer device_;
  kernels::Buffer host_;
  std::vector<std::pair<std::int32_t, std::int32_t>> copies_;
};

}  // namespace octavo
