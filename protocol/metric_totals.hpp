// What the server has done since its start, as a dashboard needs it: it makes rates and percentiles
// of the differences between two of these, over whatever time it shows.
#pragma once

#include <cstdint>
#include <vector>

namespace octavo {

/// How many times there were of which length.
struct TimeCounts {
  std::vector<double> bounds;        ///< Seconds, rising; each the upper end of a bucket.
  std::vector<std::int64_t> counts;  ///< In each bucket; one more than bounds, for what lies above.
  friend bool operator==(const TimeCounts&, const TimeCounts&) = default;
};

struct MetricTotals {
  std::int64_t num_received = 0;  ///< Requests.
  std::int64_t num_ended = 0;     ///< For whatever reason, failures too.
  std::int64_t num_failed = 0;    ///< The engine failed under them.
  std::int64_t num_refused = 0;
  std::int64_t num_prompt_tokens = 0;
  std::int64_t num_generation_tokens = 0;
  std::int64_t num_prefix_queries = 0;  ///< Prompt tokens looked for in the prefix cache.
  std::int64_t num_prefix_hits = 0;
  std::int64_t num_preemptions = 0;
  std::int64_t num_steps = 0;
  TimeCounts first_token;
  TimeCounts token_gap;
  friend bool operator==(const MetricTotals&, const MetricTotals&) = default;
};

}  // namespace octavo
