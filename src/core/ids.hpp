// Ids that cannot be mistaken for one another: a sequence is not a block, a step is not a token.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>

namespace octavo {

/// An entry of the vocabulary. Negative values are never valid tokens.
using TokenId = std::int32_t;

template <class Tag, class Rep>
struct StrongId {
  Rep value{};
  constexpr StrongId() = default;
  constexpr explicit StrongId(Rep v) : value(v) {}
  friend constexpr auto operator<=>(StrongId, StrongId) = default;
};

/// One token stream with its own keys and values. Unique over the life of the process.
using SequenceId = StrongId<struct SequenceTag, std::uint64_t>;
/// What a client asked for: one sequence group. Unique over the life of the process.
using RequestId = StrongId<struct RequestTag, std::uint64_t>;
/// One schedule -> execute -> complete round; consecutive from 1.
using StepId = StrongId<struct StepTag, std::uint64_t>;
/// Index of a block in its pool, 0 .. num_blocks - 1.
using BlockId = StrongId<struct BlockTag, std::int32_t>;

}  // namespace octavo

template <class Tag, class Rep>
struct std::hash<octavo::StrongId<Tag, Rep>> {
  std::size_t operator()(octavo::StrongId<Tag, Rep> id) const noexcept {
    return std::hash<Rep>{}(id.value);
  }
};
