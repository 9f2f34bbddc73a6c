// What the wire and the files call the time of day.
#pragma once

#include <chrono>
#include <cstdint>

namespace octavo {

/// Seconds since 1970 by the system's clock, which may be set back; never a measure of durations.
inline std::int64_t unix_seconds() {
  return std::chrono::duration_cast<std::chrono::seconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

}  // namespace octavo
