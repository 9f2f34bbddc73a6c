#include "src/cache/prefix_index.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <bit>

#include "src/core/error.hpp"

namespace octavo {
namespace {

using Hash = std::array<std::uint64_t, 2>;

// To the end in any case: it is nearly always, and without branches it takes a few instructions.
bool are_equal(const TokenId* a, std::span<const TokenId> b) {
  TokenId differences = 0;
  for (std::size_t i = 0; i < b.size(); ++i) differences |= a[i] ^ b[i];
  return differences == 0;
}

/// Both halves of the product in one (the mixing step of wyhash).
std::uint64_t folded_product(std::uint64_t a, std::uint64_t b) {
  __extension__ using Wide = unsigned __int128;
  const Wide product = static_cast<Wide>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

/// The chain: covers all that `before` covers, and `own`. Both depend on the secret.
Hash link(const Hash& before, const Hash& own) {
  constexpr std::uint64_t kFirst = 0x9E3779B97F4A7C15ULL;
  constexpr std::uint64_t kSecond = 0xC2B2AE3D27D4EB4FULL;
  return {folded_product(before[0] ^ own[0], before[1] ^ kFirst),
          folded_product(before[1] ^ own[1], before[0] ^ kSecond) + own[0]};
}

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
  // The tokens are hashed by themselves first, so that a processor works on several blocks at once
  // and only the short link waits for the block before.
  const XXH128_hash_t own = XXH3_128bits_withSeed(tokens.data(), tokens.size_bytes(), secret_);
  PrefixPosition result{link(at.hash, {own.low64, own.high64}), {}};
  for (std::size_t bucket = home_of(result.hash); buckets_[bucket] != kNone;
       bucket = (bucket + 1) & mask()) {
    const auto slot = static_cast<std::size_t>(buckets_[bucket]);
    const Entry& entry = entries_[slot];
    // Not the arrays as such: their comparison is a call.
    if (entry.hash[0] != result.hash[0] || entry.hash[1] != result.hash[1]) continue;
    if (entry.parent != at.content) continue;
    if (!are_equal(tokens_.data() + slot * static_cast<std::size_t>(block_size_), tokens)) continue;
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
