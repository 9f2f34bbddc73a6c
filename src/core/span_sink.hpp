// Where time went, noted while it goes: who worked on which step from when to when. What a trace is
// made of.
#pragma once

#include <chrono>
#include <cstdint>

namespace octavo {

/// One row of a trace each.
enum class Track : std::uint8_t {
  kScheduler,
  kBlockManager,
  kExecutor,  ///< The host's part of a step.
  kCompute,   ///< The device's.
  kCopyOut,   ///< Blocks to the host.
  kCopyIn,    ///< Blocks to the device.
};

struct Span {
  Track track = Track::kScheduler;
  std::uint64_t step = 0;
  std::chrono::steady_clock::time_point begin{};
  std::chrono::steady_clock::time_point end{};
  std::int64_t count = 0;  ///< Tokens of a step, blocks of a copy.
};

class SpanSink {
 public:
  virtual ~SpanSink() = default;
  /// Thread: any. Cheap.
  virtual void add(const Span& span) = 0;
};

}  // namespace octavo
