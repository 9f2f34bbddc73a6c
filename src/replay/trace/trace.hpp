// What a request trace says, whatever file it came from: when requests arrived, how long they were,
// and which of their prompts begin alike. Lengths only, but for recordings, which know the tokens;
// else they are made up when a request is replayed.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "src/core/ids.hpp"

namespace octavo {

struct TraceRequest {
  double arrival_s = 0;          ///< Since the first request of the trace.
  std::int32_t num_prompt = 0;   ///< Tokens, >= 1.
  std::int32_t num_output = 0;   ///< Tokens, >= 1.
  std::uint32_t first_hash = 0;  ///< Its hashes are trace.hashes[first_hash .. + num_hashes).
  std::uint32_t num_hashes = 0;
  std::int32_t priority = 0;
  std::uint64_t tenant = 0;
  std::uint64_t cache_namespace = 0;
  std::int32_t num_choices = 1;
  std::int32_t beam_width = 0;    ///< 0: none.
  std::uint64_t first_token = 0;  ///< Its tokens, if known, are trace.tokens[first_token ..
                                  ///< + num_prompt + num_output).

  std::int64_t num_tokens() const { return std::int64_t{num_prompt} + num_output; }
};

struct Trace {
  std::string name;                    ///< The file's, or the mix's.
  std::vector<TraceRequest> requests;  ///< By arrival.
  bool has_arrivals = false;
  std::vector<std::uint64_t> hashes;     ///< Equal hashes: equal spans of the prompt, and equal
                                         ///< everything before.
  std::int32_t hash_span = 0;            ///< Prompt tokens that one hash stands for; 0: no hashes.
  std::vector<TokenId> tokens;           ///< Prompts, each followed by the completion of its first
                                         ///< choice (-1 where unknown); or empty.
  std::int64_t num_unknown_outputs = 0;  ///< Rows without an output's length, replayed with 1.

  /// Tokens of the longest request; 0 without requests.
  std::int64_t longest() const {
    std::int64_t longest = 0;
    for (const TraceRequest& request : requests)
      longest = request.num_tokens() > longest ? request.num_tokens() : longest;
    return longest;
  }
};

}  // namespace octavo
