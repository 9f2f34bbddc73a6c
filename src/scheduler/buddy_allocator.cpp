#include "src/scheduler/buddy_allocator.hpp"

#include <bit>

#include "src/core/error.hpp"

namespace octavo {
namespace {

std::int32_t order_of(std::int32_t num_blocks) {
  return std::bit_width(static_cast<std::uint32_t>(num_blocks) - 1);
}

}  // namespace

BuddyAllocator::BuddyAllocator(std::int32_t num_blocks) : num_blocks_(num_blocks) {
  OCTAVO_ASSERT(num_blocks >= 0);
  free_.resize(static_cast<std::size_t>(std::bit_width(static_cast<std::uint32_t>(num_blocks))));
  free_everything();
}

void BuddyAllocator::free_everything() {
  std::int32_t first = 0;
  for (auto order = static_cast<std::int32_t>(free_.size()); order-- > 0;) {
    const std::int32_t size = std::int32_t{1} << order;
    if ((num_blocks_ & size) == 0) continue;
    free_[static_cast<std::size_t>(order)].insert(first);
    first += size;
  }
  num_free_ = num_blocks_;
}

std::optional<std::int32_t> BuddyAllocator::smallest_order_with(std::int32_t num_blocks) const {
  for (std::size_t i = static_cast<std::size_t>(order_of(num_blocks)); i < free_.size(); ++i) {
    if (!free_[i].empty()) return static_cast<std::int32_t>(i);
  }
  return std::nullopt;
}

bool BuddyAllocator::can_allocate(std::int32_t num_blocks) const {
  OCTAVO_ASSERT(num_blocks >= 1);
  if (num_blocks > num_blocks_) return false;
  return smallest_order_with(num_blocks).has_value() || is_empty();
}

std::optional<BlockRange> BuddyAllocator::allocate(std::int32_t num_blocks) {
  if (!can_allocate(num_blocks)) return std::nullopt;
  const auto found = smallest_order_with(num_blocks);
  if (!found) {
    for (auto& chunks : free_) chunks.clear();
    num_free_ = 0;
    taken_.emplace(0, Taken{num_blocks, num_blocks_});
    return BlockRange{BlockId{0}, num_blocks};
  }
  auto& chunks = free_[static_cast<std::size_t>(*found)];
  const std::int32_t first = *chunks.begin();
  chunks.erase(chunks.begin());
  const std::int32_t order = order_of(num_blocks);
  for (std::int32_t larger = *found; larger-- > order;) {
    free_[static_cast<std::size_t>(larger)].insert(first + (std::int32_t{1} << larger));
  }
  const std::int32_t extent = std::int32_t{1} << order;
  num_free_ -= extent;
  taken_.emplace(first, Taken{num_blocks, extent});
  return BlockRange{BlockId{first}, num_blocks};
}

void BuddyAllocator::release(const BlockRange& range) {
  const auto found = taken_.find(range.first.value);
  OCTAVO_ASSERT(found != taken_.end() && found->second.num_blocks == range.num_blocks);
  const std::int32_t extent = found->second.extent;
  taken_.erase(found);
  if (extent == num_blocks_) {
    free_everything();
    return;
  }
  num_free_ += extent;
  free_chunk(range.first.value, order_of(extent));
}

void BuddyAllocator::free_chunk(std::int32_t first, std::int32_t order) {
  for (;; ++order) {
    auto& chunks = free_[static_cast<std::size_t>(order)];
    const std::int32_t size = std::int32_t{1} << order;
    const auto buddy = chunks.find(first ^ size);
    if (buddy == chunks.end()) {
      chunks.insert(first);
      return;
    }
    chunks.erase(buddy);
    first &= ~size;
  }
}

std::int32_t BuddyAllocator::largest_free() const {
  if (is_empty()) return num_blocks_;
  for (std::size_t i = free_.size(); i-- > 0;) {
    if (!free_[i].empty()) return std::int32_t{1} << i;
  }
  return 0;
}

bool BuddyAllocator::is_consistent() const {
  std::map<std::int32_t, std::int32_t> extents;
  std::int32_t num_free = 0;
  for (std::size_t i = 0; i < free_.size(); ++i) {
    const std::int32_t size = std::int32_t{1} << i;
    for (std::int32_t first : free_[i]) {
      if (first % size != 0 || free_[i].count(first ^ size) != 0) return false;
      if (!extents.emplace(first, size).second) return false;
      num_free += size;
    }
  }
  for (const auto& [first, taken] : taken_) {
    if (taken.num_blocks > taken.extent || !extents.emplace(first, taken.extent).second)
      return false;
  }
  std::int32_t next = 0;
  for (const auto& [first, extent] : extents) {
    if (first != next) return false;
    next += extent;
  }
  return next == num_blocks_ && num_free == num_free_;
}

}  // namespace octavo
