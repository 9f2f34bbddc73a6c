#include "src/runtime/kv_cache.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace octavo {
namespace {

bool within(std::span<const BlockCopy> copies, std::int64_t num_sources,
            std::int64_t num_destinations) {
  return std::all_of(copies.begin(), copies.end(), [&](const BlockCopy& copy) {
    return copy.source.value >= 0 && copy.source.value < num_sources &&
           copy.destination.value >= 0 && copy.destination.value < num_destinations;
  });
}

}  // namespace

Result<KvCache> KvCache::make(kernels::Backend& backend, const kernels::KvCacheView& shape,
                              std::int64_t num_host_blocks) {
  KvCache cache(backend, shape, num_host_blocks);
  const auto bytes = [&](std::int64_t num_blocks) {
    return static_cast<std::size_t>(num_blocks) * shape.bytes_per_block();
  };
  if (shape.num_blocks > 0) cache.device_ = backend.allocate(bytes(shape.num_blocks));
  if (num_host_blocks > 0) cache.host_ = backend.allocate_host(bytes(num_host_blocks));
  if ((shape.num_blocks > 0 && !cache.device_) || (num_host_blocks > 0 && !cache.host_)) {
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
  move(batch.demotions, kernels::CopyDirection::kToHost);
  move(batch.promotions, kernels::CopyDirection::kToDevice);
  set_copies(batch.copies);
  if (!copies_.empty()) backend_->copy_blocks(view_, copies_);
  return {};
}

void KvCache::move(const std::vector<Transfer>& transfers, kernels::CopyDirection direction) {
  for (const Transfer& each : transfers) {
    Movement movement{each.id, static_cast<std::int32_t>(each.copies.size()), std::nullopt};
    set_copies(each.copies);
    if (!copies_.empty())
      movement.ticket = backend_->copy_blocks_between(direction, view_, host_.data(), copies_);
    moving_.push_back(movement);
  }
}

void KvCache::set_copies(std::span<const BlockCopy> copies) {
  copies_.clear();
  for (const auto& copy : copies) copies_.emplace_back(copy.source.value, copy.destination.value);
}

std::vector<TransferId> KvCache::collect_transfers(StepId last) {
  std::vector<TransferId> finished;
  std::erase_if(moving_, [&](const Movement& movement) {
    if (movement.id.step > last) return false;
    if (movement.ticket) {
      if (!backend_->is_copied(*movement.ticket)) return false;
      const kernels::DeviceSpan span = backend_->copied_span(*movement.ticket);
      moved_for_ += span.length();
      const bool leaves = movement.id.direction == TransferDirection::kDemote;
      if (spans_ != nullptr) {
        spans_->add({leaves ? Track::kCopyOut : Track::kCopyIn, movement.id.step.value, span.begin,
                     span.end, movement.num_blocks});
      }
      num_blocks_moved_ += movement.num_blocks;
    }
    finished.push_back(movement.id);
    return true;
  });
  return finished;
}

void KvCache::report_copies(StepResult& result) {
  result.num_blocks_transferred = std::exchange(num_blocks_moved_, 0);
  result.transfer_elapsed = std::exchange(moved_for_, {});
}

std::optional<kernels::CopyTicket> KvCache::oldest_transfer() const {
  for (const Movement& movement : moving_) {
    if (movement.ticket) return movement.ticket;
  }
  return std::nullopt;
}

}  // namespace octavo
