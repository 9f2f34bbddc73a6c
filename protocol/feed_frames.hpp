// What the feeds say: a picture of the block pools as frames of bounded size, and the load as one.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "protocol/metric_totals.hpp"
#include "src/core/block_map.hpp"

namespace octavo {

/// One block map on its way out: a frame at a time, so that a large one never fills an outbox.
class BlockFrames {
 public:
  /// What a client calls the response of a request.
  using Naming = std::function<std::string(RequestId)>;
  static constexpr std::size_t kMaxFrameBytes = std::size_t{32}
                                                << 10;  ///< Blocks and names together.

  /// map: not null. Blocks in rising order compress best.
  BlockFrames(std::shared_ptr<const BlockMap> map, Naming name_of);

  bool is_done() const { return is_done_; }
  /// The next `octavo:blocks`; only while not done. The first one of a full map says `full`, all
  /// but the last say `more`.
  std::string next(std::int64_t sequence_number);

 private:
  std::size_t end_of_run(std::size_t begin) const;

  std::shared_ptr<const BlockMap> map_;
  Naming name_of_;
  std::size_t place_ = 0;
  bool is_first_ = true;
  bool is_done_ = false;
};

/// The engine's load at one moment.
struct Load {
  std::int32_t num_running = 0;
  std::int32_t num_waiting = 0;
  std::int32_t num_preempted = 0;  ///< Swapped out, or to be computed again.
  double device_usage = 0;         ///< Share of the blocks in use.
  double host_usage = 0;
  double tokens_per_s = 0;  ///< Generated since the last frame.
  std::int32_t num_connections = 0;
  std::optional<MetricTotals> totals{};  ///< Where the client asked for them.
  friend bool operator==(const Load&, const Load&) = default;
};

/// One `octavo:metrics`.
std::string load_frame(const Load& load, std::int64_t sequence_number);

}  // namespace octavo
