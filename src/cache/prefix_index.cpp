#include "src/cache/prefix_index.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include "src/core/error.hpp"

namespace octavo {
namespace {

// A content's id is its serial number above the slot it lies in, so that finding it is no search.
constexpr int kSlotBits = 31;
constexpr std::uint64_t kSlotMask = (std::uint64_t{1} << kSlotBits) - 1;

}  // namespace

PrefixIndex::PrefixIndex(std::int32_t max_contents, std::int32_t block_size, std::uint64_t secret)
    : block_size_(block_size), secret_(secret) {
  OCTAVO_ASSERT(max_contents >= 0 && block_size >= 1);
  const auto capacity = static_cast<std::size_t>(max_contents);
  entries_.resize(capacity);
  tokens_.resize(capacity * static_cast<std::size_t>(block_size));
  unused_.reserve(capacity);
  for (std::int32_t i = max_contents; i-- > 0;) unused_.push_back(i);
  buckets_.assign(std::bit_ceil(2 * capacity + 1), kNone);
}

PrefixPosition PrefixIndex::root(std::uint64_t cache_namespace) const {
  const XXH128_hash_t hash =
      XXH3_128bits_withSeed(&cache_namespace, sizeof cache_namespace, secret_);
  return {{hash.low64, hash.high64}, {}};
}

PrefixPosition PrefixIndex::next(const PrefixPosition& at, std::span<const TokenId> tokens) const {
  // The chain: each hash covers the one before it. The tokens are hashed by themselves first, so
  // that a processor works on several blocks at once and only this short step waits for the last.
  const XXH128_hash_t own_hash = XXH3_128bits_withSeed(tokens.data(), tokens.size_bytes(), secret_);
  const std::array<std::uint64_t, 4> link{at.hash[0], at.hash[1], own_hash.low64, own_hash.high64};
  const XXH128_hash_t hash = XXH3_128bits_withSeed(link.data(), sizeof link, secret_);
  PrefixPosition result{{hash.low64, hash.high64}, {}};
  for (std::size_t bucket = home_of(result.hash); buckets_[bucket] != kNone;
       bucket = (bucket + 1) & mask()) {
    const auto slot = static_cast<std::size_t>(buckets_[bucket]);
    const Entry& entry = entries_[slot];
    if (entry.hash != result.hash || entry.parent != at.content) continue;
    const TokenId* own = tokens_.data() + slot * static_cast<std::size_t>(block_size_);
    if (std::memcmp(own, tokens.data(), tokens.size_bytes()) != 0) continue;
    result.content = entry.id;
    break;
  }
  return result;
}

ContentId PrefixIndex::insert(const PrefixPosition& at, ContentId parent,
                              std::span<const TokenId> tokens) {
  OCTAVO_ASSERT(!unused_.empty() && tokens.size() == static_cast<std::size_t>(block_size_));
  const std::int32_t slot = unused_.back();
  unused_.pop_back();
  const auto index = static_cast<std::size_t>(slot);
  const ContentId id{next_serial_++ << kSlotBits | static_cast<std::uint64_t>(slot)};
  entries_[index] = {at.hash, id, parent, {kNone, kNone}};
  std::copy(tokens.begin(), tokens.end(),
            tokens_.begin() + static_cast<std::ptrdiff_t>(index * tokens.size()));
  std::size_t bucket = home_of(at.hash);
  while (buckets_[bucket] != kNone) bucket = (bucket + 1) & mask();
  buckets_[bucket] = slot;
  ++num_entries_;
  return id;
}

std::int32_t PrefixIndex::slot_of(ContentId content) const {
  const std::uint64_t slot = content.value & kSlotMask;
  const bool is_known = content.value != 0 && slot < entries_.size() &&
                        entries_[static_cast<std::size_t>(slot)].id == content;
  return is_known ? static_cast<std::int32_t>(slot) : kNone;
}

const PrefixIndex::Entry* PrefixIndex::find(ContentId content) const {
  const std::int32_t slot = slot_of(content);
  return slot == kNone ? nullptr : &entries_[static_cast<std::size_t>(slot)];
}

std::optional<BlockId> PrefixIndex::place(ContentId content, Tier tier) const {
  const Entry* entry = find(content);
  if (entry == nullptr) return std::nullopt;
  const std::int32_t block = entry->place[static_cast<std::size_t>(tier)];
  if (block == kNone) return std::nullopt;
  return BlockId{block};
}

void PrefixIndex::set_place(ContentId content, Tier tier, BlockId block) {
  const std::int32_t slot = slot_of(content);
  OCTAVO_ASSERT(slot != kNone);
  entries_[static_cast<std::size_t>(slot)].place[static_cast<std::size_t>(tier)] = block.value;
}

void PrefixIndex::clear_place(ContentId content, Tier tier) {
  const std::int32_t slot = slot_of(content);
  if (slot == kNone) return;
  Entry& entry = entries_[static_cast<std::size_t>(slot)];
  entry.place[static_cast<std::size_t>(tier)] = kNone;
  if (entry.place[0] == kNone && entry.place[1] == kNone) forget(slot);
}

void PrefixIndex::forget(std::int32_t slot) {
  Entry& entry = entries_[static_cast<std::size_t>(slot)];
  std::size_t bucket = home_of(entry.hash);
  while (buckets_[bucket] != slot) bucket = (bucket + 1) & mask();
  erase_bucket(bucket);
  entry.id = {};
  unused_.push_back(slot);
  --num_entries_;
}

// Linear probing without tombstones (Knuth 6.4, algorithm R): whoever would no longer be found past
// the hole moves into it.
void PrefixIndex::erase_bucket(std::size_t bucket) {
  for (std::size_t hole = bucket, at = bucket;;) {
    buckets_[hole] = kNone;
    std::size_t home = 0;
    do {
      at = (at + 1) & mask();
      if (buckets_[at] == kNone) return;
      home = home_of(entries_[static_cast<std::size_t>(buckets_[at])].hash);
    } while (hole <= at ? (hole < home && home <= at) : (hole < home || home <= at));
    buckets_[hole] = buckets_[at];
    hole = at;
  }
}

}  // namespace octavo
