// Decides who may start when on one connection. Without a stream_id responses run strictly one
// after the other; each named lane is a FIFO of its own, and lanes run side by side within the
// connection's limits. It knows only names, not what runs.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "src/core/result.hpp"

namespace octavo {

struct LaneLimits {
  std::size_t max_active = 16;  ///< Responses in flight; more are queued.
  std::size_t max_named = 32;   ///< Named lanes over the life of the connection.
  std::size_t max_queued = 64;  ///< Creates that wait; more are refused.
  std::size_t max_queued_per_lane = 64;
};

template <class Work>
class Lanes {
 public:
  explicit Lanes(LaneLimits limits = {}) : limits_(limits) {}

  /// Queues work on a lane (empty name: the default lane). Errors: kStreamLimitReached, kQueueFull;
  /// the work is dropped.
  [[nodiscard]] Result<void> enqueue(const std::string& lane, Work work) {
    if (!lane.empty() && lanes_.count(lane) == 0 && num_named_ >= limits_.max_named) {
      return Error{Errc::kStreamLimitReached, "", "stream_id"};
    }
    if (num_queued_ >= limits_.max_queued) {
      return Error{Errc::kQueueFull,
                   std::to_string(num_queued_) + " responses are queued on this connection already",
                   ""};
    }
    const auto known = lanes_.find(lane);
    if (known != lanes_.end() && known->second.queue.size() >= limits_.max_queued_per_lane) {
      return Error{
          Errc::kQueueFull,
          std::to_string(known->second.queue.size()) + " responses are queued on this lane already",
          "stream_id"};
    }
    const auto [place, is_new] = lanes_.try_emplace(lane);
    if (is_new && !lane.empty()) ++num_named_;
    place->second.queue.push_back(std::move(work));
    ++num_queued_;
    order_.push_back(lane);
    return {};
  }

  /// The oldest work whose lane is free, if another response may start. The lane is busy until
  /// finish().
  std::optional<Work> start_next() {
    if (num_active_ >= limits_.max_active) return std::nullopt;
    for (auto place = order_.begin(); place != order_.end(); ++place) {
      Lane& lane = lanes_.at(*place);
      if (lane.busy) continue;
      order_.erase(place);
      lane.busy = true;
      ++num_active_;
      --num_queued_;
      Work work = std::move(lane.queue.front());
      lane.queue.pop_front();
      return work;
    }
    return std::nullopt;
  }

  void finish(const std::string& lane) {
    Lane& place = lanes_.at(lane);
    OCTAVO_ASSERT(place.busy);
    place.busy = false;
    --num_active_;
  }

  /// Shows what waits on a lane to `action`, oldest first; answers how many that were.
  template <class Action>
  std::size_t for_each_queued(const std::string& lane, Action action) {
    const auto place = lanes_.find(lane);
    if (place == lanes_.end()) return 0;
    for (Work& work : place->second.queue) action(work);
    return place->second.queue.size();
  }

  std::size_t num_active() const { return num_active_; }
  std::size_t num_queued() const { return num_queued_; }

 private:
  struct Lane {
    std::deque<Work> queue;
    bool busy = false;
  };
  LaneLimits limits_;
  std::map<std::string, Lane> lanes_;
  std::deque<std::string> order_;  ///< The lane of each queued work, by arrival.
  std::size_t num_named_ = 0;
  std::size_t num_queued_ = 0;
  std::size_t num_active_ = 0;
};

}  // namespace octavo
