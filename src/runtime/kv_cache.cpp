#include "src/runtime/kv_cache.hpp"

#include <algorithm>
#include <cstring>
#include <string>

namespace octavo {
namespace {

bool within(std::span<const BlockCopy> copies, std::int64_t num_sources,
            std::int64_t num_destinations) {
  return std::all_of(copies.begin(), copies.end(), [&](const BlockCopy& copy) {
    return copy.source.value >= 0 && copy.source.value < num_sources &&
           copy.destination.value >= 0 && copy.destination.value < num_destinations;
  });
}

/// Both tiers of a CPU are plain memory.
void move_blocks(const std::byte* from, std::byte* to, std::span<const BlockCopy> copies,
                 std::size_t block_bytes) {
  for (const auto& copy : copies) {
    std::memcpy(to + static_cast<std::size_t>(copy.destination.value) * block_bytes,
                from + static_cast<std::size_t>(copy.source.value) * block_bytes, block_bytes);
  }
}

}  // namespace

Result<KvCache> KvCache::make(kernels::Backend& backend, const kernels::KvCacheView& shape,
                              std::int64_t num_host_blocks) {
  KvCache cache(backend, shape, num_host_blocks);
  const auto take = [&](kernels::Buffer& buffer, std::int64_t num_blocks) {
    if (num_blocks == 0) return true;
    buffer = backend.allocate(static_cast<std::size_t>(num_blocks) * shape.bytes_per_block());
    return static_cast<bool>(buffer);
  };
  if (!take(cache.device_, shape.num_blocks) || !take(cache.host_, num_host_blocks)) {
    return Error{Errc::kOutOfMemory, "the key-value cache does not fit into memory; lower its size",
                 ""};
  }
  cache.view_.data = cache.device_.data();
  return cache;
}

Result<void> KvCache::apply(const StepBatch& batch) {
  const auto all_within = [](const std::vector<Transfer>& transfers, std::int64_t num_sources,
                             std::int64_t num_destinations) {
    return std::all_of(transfers.begin(), transfers.end(), [&](const Transfer& each) {
      return within(each.copies, num_sources, num_destinations);
    });
  };
  if (!all_within(batch.demotions, view_.num_blocks, num_host_blocks_) ||
      !all_within(batch.promotions, num_host_blocks_, view_.num_blocks) ||
      !within(batch.copies, view_.num_blocks, view_.num_blocks)) {
    return Error{Errc::kEngineError,
                 "step " + std::to_string(batch.id.value) + ": copies a block outside its pool",
                 ""};
  }
  const auto block_bytes = view_.bytes_per_block();
  if (!batch.demotions.empty()) backend_->synchronize();
  for (const Transfer& each : batch.demotions)
    move_blocks(device_.as<std::byte>(), host_.as<std::byte>(), each.copies, block_bytes);
  for (const Transfer& each : batch.promotions)
    move_blocks(host_.as<std::byte>(), device_.as<std::byte>(), each.copies, block_bytes);
  copies_.clear();
  for (const auto& copy : batch.copies) {
    copies_.emplace_back(copy.source.value, copy.destination.value);
  }
  if (!copies_.empty()) backend_->copy_blocks(view_, copies_);
  return {};
}

}  // namespace octavo
