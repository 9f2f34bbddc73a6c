// What every slot of the KV memory is good for, known with hindsight: whether it holds a token,
// will hold one of the same request, never will although nobody else can use it, or is nobody's.
// The first four shares are the PagedAttention paper's (Kwon et al., SOSP 2023, figure 2). A paged
// pool has no holes: what nobody holds there fits every request, and is idle because too little of
// it is free for the next one, or because nobody waits.
#pragma once

#include <cstdint>
#include <vector>

#include "src/core/step.hpp"

namespace octavo {

/// Slots; together the whole memory.
struct MemorySplit {
  double tokens = 0;    ///< Hold a token; in blocks that several share, once.
  double reserved = 0;  ///< Held for a request that will use them later, or promised to a prompt
                        ///< that is being computed, chunk by chunk.
  double internal = 0;  ///< Held for a request that never will.
  double external = 0;  ///< Contiguous: everything else, as holes and the rounding of buddies.
  double idle = 0;      ///< Paged: everything else, free or cached.

  MemorySplit& operator+=(const MemorySplit& other);
  friend MemorySplit operator*(const MemorySplit& split, double factor);
};

/// A sequence that enters, as hindsight sees it.
struct SequenceFate {
  std::int32_t request = 0;          ///< Ordinal in the trace.
  std::int64_t num_final = 0;        ///< Slots that it will have filled at its end.
  std::int32_t num_reserved = 0;     ///< Blocks set aside for it; 0: paged.
  std::int32_t first_reserved = -1;  ///< Where they lie, when known.
  std::int32_t num_promised = 0;     ///< Paged: blocks that nobody else gets until it has them.
};

/// Follows batch after batch. O(blocks that change), and a sequence's table once when it enters.
class MemoryAccount {
 public:
  MemoryAccount(std::int32_t num_blocks, std::int32_t block_size, bool is_paged);

  void enter(SequenceId sequence, const SequenceFate& fate);
  void fork(SequenceId parent, SequenceId child);
  void leave(SequenceId sequence);
  /// Its table covers [0, first_position + num_tokens), all of which hold tokens after the step.
  void advance(const ScheduledSequence& scheduled, const BlockId* table, std::int32_t num_blocks);

  MemorySplit split() const;
  std::int32_t num_sequences() const { return num_sequences_; }
  /// Blocks of all tables, and the distinct ones among them.
  std::int64_t num_table_blocks() const { return num_table_blocks_; }
  std::int64_t num_distinct_blocks() const { return num_distinct_blocks_; }

  bool knows(SequenceId sequence) const { return find(sequence) != nullptr; }
  std::int32_t request_of(SequenceId sequence) const { return find(sequence)->fate.request; }

  /// One block as the picture of the pool shows it.
  struct BlockPicture {
    std::int32_t request = -1;    ///< Whose; -1: nobody's.
    std::int16_t num_tokens = 0;  ///< Slots that hold tokens,
    std::int16_t num_later = 0;   ///< and that will.
    bool is_shared = false;
  };
  /// [num_blocks]. O(blocks).
  std::vector<BlockPicture> picture() const;

 private:
  struct Holder {
    SequenceFate fate;
    std::vector<BlockId> blocks;
    std::int64_t num_tokens = 0;
  };
  struct Block {
    std::int32_t num_holders = 0;
    std::int32_t num_tokens = 0;
    std::int32_t num_later = 0;
    std::int32_t request = -1;
  };

  const Holder* find(SequenceId sequence) const;
  Holder* find(SequenceId sequence);
  Holder& add(SequenceId sequence, const SequenceFate& fate);
  Block& block_at(BlockId id) { return blocks_[static_cast<std::size_t>(id.value)]; }
  static std::int64_t promised(const Holder& holder);
  void take(BlockId id, const SequenceFate& fate);
  void drop(BlockId id);
  void fill(BlockId id, std::int64_t num_tokens, std::int64_t num_final);

  std::int32_t block_size_;
  bool is_paged_;
  std::vector<Block> blocks_;        // [num_blocks]
  std::vector<std::int32_t> place_;  // [SequenceId]: index in holders_, -1: not here.
  std::vector<Holder> holders_;
  std::vector<std::int32_t> free_places_;
  std::int32_t num_sequences_ = 0;
  std::int64_t num_table_blocks_ = 0;
  std::int64_t num_distinct_blocks_ = 0;
  std::int64_t num_tokens_ = 0;
  std::int64_t num_later_ = 0;           // Paged: in blocks that are held already.
  std::int64_t num_reserved_slots_ = 0;  // Contiguous.
  std::int64_t num_final_ = 0;           // Contiguous.
  std::int64_t num_promised_ = 0;        // Paged: blocks that are not held yet.
};

}  // namespace octavo
