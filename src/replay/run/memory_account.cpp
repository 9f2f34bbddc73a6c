#include "src/replay/run/memory_account.hpp"

#include <algorithm>

#include "src/core/error.hpp"

namespace octavo {

MemorySplit& MemorySplit::operator+=(const MemorySplit& other) {
  tokens += other.tokens;
  reserved += other.reserved;
  internal += other.internal;
  external += other.external;
  idle += other.idle;
  return *this;
}

MemorySplit operator*(const MemorySplit& split, double factor) {
  return {split.tokens * factor, split.reserved * factor, split.internal * factor,
          split.external * factor, split.idle * factor};
}

MemoryAccount::MemoryAccount(std::int32_t num_blocks, std::int32_t block_size, bool is_paged)
    : block_size_(block_size), is_paged_(is_paged), blocks_(static_cast<std::size_t>(num_blocks)) {}

const MemoryAccount::Holder* MemoryAccount::find(SequenceId sequence) const {
  if (sequence.value >= place_.size() || place_[sequence.value] < 0) return nullptr;
  return &holders_[static_cast<std::size_t>(place_[sequence.value])];
}

MemoryAccount::Holder* MemoryAccount::find(SequenceId sequence) {
  return const_cast<Holder*>(std::as_const(*this).find(sequence));
}

MemoryAccount::Holder& MemoryAccount::add(SequenceId sequence, const SequenceFate& fate) {
  OCTAVO_ASSERT(find(sequence) == nullptr);
  if (sequence.value >= place_.size()) place_.resize(sequence.value * 2 + 64, -1);
  if (free_places_.empty()) {
    free_places_.push_back(static_cast<std::int32_t>(holders_.size()));
    holders_.emplace_back();
  }
  place_[sequence.value] = free_places_.back();
  Holder& holder = holders_[static_cast<std::size_t>(free_places_.back())];
  free_places_.pop_back();
  holder.fate = fate;
  holder.blocks.clear();
  holder.num_tokens = 0;
  ++num_sequences_;
  num_reserved_slots_ += std::int64_t{fate.num_reserved} * block_size_;
  num_final_ += fate.num_final;
  num_promised_ += promised(holder);
  return holder;
}

void MemoryAccount::enter(SequenceId sequence, const SequenceFate& fate) { add(sequence, fate); }

void MemoryAccount::fork(SequenceId parent, SequenceId child) {
  OCTAVO_ASSERT(find(parent) != nullptr);
  SequenceFate fate = find(parent)->fate;
  fate.num_promised = 0;
  Holder& holder = add(child, fate);
  const Holder& from = *find(parent);
  holder.blocks = from.blocks;
  holder.num_tokens = from.num_tokens;
  for (const BlockId id : holder.blocks) take(id, fate);
}

void MemoryAccount::leave(SequenceId sequence) {
  Holder* holder = find(sequence);
  if (holder == nullptr) return;  // It never entered.
  for (const BlockId id : holder->blocks) drop(id);
  num_reserved_slots_ -= std::int64_t{holder->fate.num_reserved} * block_size_;
  num_final_ -= holder->fate.num_final;
  num_promised_ -= promised(*holder);
  --num_sequences_;
  holder->fate = {};
  holder->blocks.clear();
  free_places_.push_back(place_[sequence.value]);
  place_[sequence.value] = -1;
}

std::int64_t MemoryAccount::promised(const Holder& holder) {
  const auto num_held = static_cast<std::int64_t>(holder.blocks.size());
  return std::max<std::int64_t>(0, holder.fate.num_promised - num_held);
}

void MemoryAccount::take(BlockId id, const SequenceFate& fate) {
  Block& block = block_at(id);
  ++num_table_blocks_;
  if (block.num_holders++ > 0) return;
  ++num_distinct_blocks_;
  block.request = fate.request;
}

void MemoryAccount::drop(BlockId id) {
  Block& block = block_at(id);
  --num_table_blocks_;
  if (--block.num_holders > 0) return;
  --num_distinct_blocks_;
  num_tokens_ -= block.num_tokens;
  num_later_ -= block.num_later;
  block = {};
}

void MemoryAccount::fill(BlockId id, std::int64_t num_tokens, std::int64_t num_final) {
  Block& block = block_at(id);
  const auto filled = static_cast<std::int32_t>(std::min<std::int64_t>(num_tokens, block_size_));
  const auto used = static_cast<std::int32_t>(std::min<std::int64_t>(num_final, block_size_));
  // A block that others share may hold more already.
  const std::int32_t tokens = std::max(filled, block.num_tokens);
  const std::int32_t later = std::max(used, tokens) - tokens;
  num_tokens_ += tokens - block.num_tokens;
  num_later_ += later - block.num_later;
  block.num_tokens = tokens;
  block.num_later = later;
}

void MemoryAccount::advance(const ScheduledSequence& scheduled, const BlockId* table,
                            std::int32_t num_blocks) {
  Holder* holder = find(scheduled.id);
  OCTAVO_ASSERT(holder != nullptr);
  const std::int64_t end = std::int64_t{scheduled.first_position} + scheduled.num_tokens;
  const auto needed = static_cast<std::size_t>((end + block_size_ - 1) / block_size_);
  OCTAVO_ASSERT(needed <= static_cast<std::size_t>(num_blocks));
  // What was there before the step may have been copied on write from first_position on; what the
  // cache or a sibling gave lies before it.
  num_promised_ -= promised(*holder);
  std::size_t i = std::min(holder->blocks.size(),
                           static_cast<std::size_t>(scheduled.first_position / block_size_));
  for (; i < needed; ++i) {
    if (i == holder->blocks.size()) {
      holder->blocks.push_back(table[i]);
      take(table[i], holder->fate);
    } else if (holder->blocks[i] != table[i]) {
      drop(holder->blocks[i]);
      holder->blocks[i] = table[i];
      take(table[i], holder->fate);
    }
    const std::int64_t start = static_cast<std::int64_t>(i) * block_size_;
    fill(table[i], end - start, holder->fate.num_final - start);
  }
  num_promised_ += promised(*holder);
  holder->num_tokens = end;
}

MemorySplit MemoryAccount::split() const {
  const auto total = static_cast<double>(blocks_.size()) * block_size_;
  MemorySplit split;
  split.tokens = static_cast<double>(num_tokens_);
  double held = static_cast<double>(num_reserved_slots_);
  if (is_paged_) {
    held = static_cast<double>(num_distinct_blocks_) * block_size_;
    const double promised =
        std::min(static_cast<double>(num_promised_) * block_size_, total - held);
    split.reserved = static_cast<double>(num_later_) + promised;
    held += promised;
  } else {
    split.reserved = static_cast<double>(num_final_ - num_tokens_);
  }
  split.internal = held - split.tokens - split.reserved;
  (is_paged_ ? split.idle : split.external) = total - held;
  return split;
}

std::vector<MemoryAccount::BlockPicture> MemoryAccount::picture() const {
  std::vector<BlockPicture> picture(blocks_.size());
  const auto show = [&](std::size_t place) {
    const Block& block = blocks_[place];
    picture[place].request = block.request;
    picture[place].num_tokens = static_cast<std::int16_t>(block.num_tokens);
    picture[place].num_later = static_cast<std::int16_t>(block.num_later);
    picture[place].is_shared = block.num_holders > 1;
  };
  for (std::size_t i = 0; i < blocks_.size(); ++i) {
    if (blocks_[i].num_holders > 0) show(i);
  }
  for (const std::int32_t place : place_) {
    if (place < 0) continue;
    const SequenceFate& fate = holders_[static_cast<std::size_t>(place)].fate;
    for (std::int32_t i = 0; fate.first_reserved >= 0 && i < fate.num_reserved; ++i) {
      BlockPicture& block = picture[static_cast<std::size_t>(fate.first_reserved + i)];
      block.request = fate.request;
      const std::int64_t later = fate.num_final - std::int64_t{i} * block_size_ - block.num_tokens;
      block.num_later = static_cast<std::int16_t>(
          std::clamp<std::int64_t>(later, 0, block_size_ - block.num_tokens));
    }
  }
  return picture;
}

}  // namespace octavo
