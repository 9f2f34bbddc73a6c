// How many blocks sequences and groups hold and want, as the plans so far have it. All of it is
// counting: which blocks these are, only the block manager knows.
#pragma once

#include <cstdint>
#include <vector>

#include "src/scheduler/sequence.hpp"

namespace octavo {

/// Blocks that a sequence wants beyond its own to compute `num_tokens` more, the copy of a shared
/// last block included.
std::int32_t blocks_missing(const Sequence& sequence, std::int32_t num_tokens,
                            std::int32_t block_size);

/// Blocks that a beam search wants for its next token: every hypothesis writes, and the last to
/// share a block keeps it.
std::int32_t blocks_missing(const SequenceGroup& beams, std::int32_t block_size);

/// Blocks that a group holds, at most. shares_prompt: its sequences have the prompt's full blocks
/// in common.
std::int32_t blocks_held(const SequenceGroup& group, bool shares_prompt, std::int32_t block_size);

/// What a group takes when it enters, and with its next tokens. The allocator is paged.
std::int32_t blocks_to_come(const SequenceGroup& group, std::int32_t block_size);

/// What the prompts already begun are still going to take, but for one group's. O(running
/// sequences).
std::int32_t blocks_committed(const std::vector<SequenceGroup*>& running, std::int32_t block_size,
                              const SequenceGroup* except = nullptr);

/// What the sequences that decode take for their next `num_tokens` tokens, or for all that they may
/// still have if these are fewer. O(running sequences).
std::int32_t blocks_to_grow(const std::vector<SequenceGroup*>& running, std::int32_t num_tokens,
                            std::int32_t block_size);

}  // namespace octavo
