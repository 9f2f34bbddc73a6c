// How many blocks a number of tokens takes: the one place where this is rounded up.
#pragma once

#include <cstdint>

namespace octavo {

/// Blocks of `block_size` slots that hold `num_tokens` tokens.
constexpr std::int32_t blocks_for(std::int64_t num_tokens, std::int32_t block_size) {
  return static_cast<std::int32_t>((num_tokens + block_size - 1) / block_size);
}

}  // namespace octavo
