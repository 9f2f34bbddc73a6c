#include "src/replay/trace/prompt_tokens.hpp"

#include <algorithm>

#include "src/replay/trace/random.hpp"

namespace octavo {
namespace {

// A linear congruential generator (Knuth's MMIX constants), its high bits: prompts are many.
void fill(std::vector<TokenId>& tokens, std::size_t count, std::uint64_t seed) {
  std::uint64_t state = split_mix(seed);
  for (std::size_t i = 0; i < count; ++i) {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    tokens.push_back(static_cast<TokenId>(state >> 49));
  }
}

}  // namespace

std::vector<TokenId> prompt_tokens(const Trace& trace, std::size_t index) {
  const TraceRequest& request = trace.requests[index];
  const auto length = static_cast<std::size_t>(request.num_prompt);
  if (!trace.tokens.empty()) {
    const auto begin = trace.tokens.begin() + static_cast<std::ptrdiff_t>(request.first_token);
    return {begin, begin + static_cast<std::ptrdiff_t>(length)};
  }
  const auto span = static_cast<std::size_t>(trace.hash_span);
  std::vector<TokenId> tokens;
  tokens.reserve(length);
  for (std::uint32_t i = 0; i < request.num_hashes; ++i) {
    // Also of the place: the generator must not repeat itself when a hash does.
    const std::uint64_t seed = split_mix(trace.hashes[request.first_hash + i]) + i;
    fill(tokens, std::min(span, length - tokens.size()), seed);
  }
  fill(tokens, length - tokens.size(), ~split_mix(index));
  return tokens;
}

}  // namespace octavo
