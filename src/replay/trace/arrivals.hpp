// When the requests of a trace arrive in a replay: as they did, faster, all at once, or drawn.
#pragma once

#include <cstdint>
#include <string_view>

#include "src/core/result.hpp"
#include "src/replay/trace/trace.hpp"

namespace octavo {

enum class ArrivalKind : std::uint8_t {
  kSaturating,  ///< As in the trace, sped up until memory is the bound; at once without arrivals.
  kTrace,       ///< As in the trace; at once without arrivals.
  kAtOnce,      ///< All at the start.
  kRate,        ///< At a mean rate: the trace's arrivals stretched, or a Poisson process.
};

struct ArrivalOptions {
  ArrivalKind kind = ArrivalKind::kSaturating;
  double rate = 0;  ///< Requests per second, of kRate.
};

/// "saturate", "trace", "inf" or requests per second. Errors: kInvalidValue.
[[nodiscard]] Result<ArrivalOptions> parse_arrivals(std::string_view text);

/// Sets the arrivals of `trace`. Answers by what the trace's times were divided: 0 when they were
/// not used. `saturating_rate` is what kSaturating goes a quarter beyond, unless the trace is
/// faster already.
double set_arrivals(Trace& trace, const ArrivalOptions& options, double saturating_rate,
                    std::uint64_t seed);

/// Requests per second over the whole trace; 0 when all arrive at once.
double mean_rate(const Trace& trace);

}  // namespace octavo
