// Requests of which only a distribution of lengths is known: lognormal, cut off at a maximum, with
// the means that the PagedAttention paper gives of its two data sets.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "src/core/result.hpp"
#include "src/replay/trace/trace.hpp"

namespace octavo {

/// Lengths whose logarithm is normal, of mean `mean` after everything above `max` was cut to it.
struct LengthDistribution {
  double mean = 0;
  double sigma = 0;  ///< Standard deviation of the logarithm.
  std::int32_t max = 0;
};

struct LengthMix {
  LengthDistribution input;
  LengthDistribution output;
};

/// ShareGPT: mean input 161.31 and output 337.99 tokens. The spread of the output is the one that
/// makes a request's mean length over its time in memory what the paper's shares of memory imply
/// (757 tokens at its end); input and output independent.
constexpr LengthMix kShareGptMix{{161.31, 1.04, 1024}, {337.99, 0.80, 1024}};
/// Alpaca: mean input 19.31 and output 58.45 tokens. The output's spread is the one with which two
/// to six parallel samples share as many blocks as the paper measured (6 to 10 %).
constexpr LengthMix kAlpacaMix{{19.31, 0.40, 1024}, {58.45, 0.97, 1024}};

/// Where the logarithm's normal distribution must be centred for the mean to hold.
double log_mean_of(const LengthDistribution& distribution);

/// The same requests for the same seed on every machine; no arrivals.
Trace draw_mix(const LengthMix& mix, std::int32_t num_requests, std::uint64_t seed);

/// "synthetic:NAME[:NUM]", or nothing when the text does not begin so. Errors: kInvalidValue.
std::optional<Result<Trace>> synthetic_trace(std::string_view text, std::uint64_t seed);

}  // namespace octavo
