// The bounds of the histograms' buckets. Dashboards and objectives ask for single bounds
// (`le="0.5"`), so those of vLLM are all here; finer ones stand before them, since a token here may
// take less than its shortest.
#pragma once

#include <prometheus/histogram.h>

#include <cstdint>

namespace octavo {

using MetricBuckets = prometheus::Histogram::BucketBoundaries;

/// Seconds until a first token.
inline MetricBuckets first_token_buckets() {
  return {0.001, 0.0025, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75,
          1,     2.5,    5,     7.5,  10,   20,   40,   80,   160, 640,  2560};
}

/// Seconds between two tokens.
inline MetricBuckets token_gap_buckets() {
  return {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3,
          0.4,   0.5,    0.75,  1,    2.5,   5,    7.5,   10,  20,   40,  80};
}

/// Seconds of a request and of its parts.
inline MetricBuckets request_buckets() {
  return {0.01, 0.03, 0.1, 0.3, 0.5, 0.8, 1,   1.5, 2,   2.5, 5,    10,
          15,   20,   30,  40,  50,  60,  120, 240, 480, 960, 1920, 7680};
}

/// Tokens of a request, to the longest that the model takes: 1, 2, 5, 10, 20, ...
inline MetricBuckets token_count_buckets(std::int64_t max_model_len) {
  MetricBuckets bounds;
  for (std::int64_t power = 1; power <= max_model_len; power *= 10) {
    for (const std::int64_t digit : {1, 2, 5}) {
      if (digit * power <= max_model_len) bounds.push_back(static_cast<double>(digit * power));
    }
  }
  return bounds;
}

/// Choices of a request.
inline MetricBuckets choice_buckets() { return {1, 2, 5, 10, 20}; }

}  // namespace octavo
