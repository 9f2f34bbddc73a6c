// How late the I/O thread is. All clients share it, so what holds it up holds up everybody: a
// machine that gives its processor to others, or a fault of ours. A timer is set, and how much too
// late it is heard is told as the worst of the last seconds. Thread: that of the loop.
#pragma once

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <utility>

#include "src/core/engine_status.hpp"

namespace octavo {

class LoopLag {
 public:
  LoopLag(const boost::asio::any_io_executor& executor, EngineStatus& status)
      : timer_(executor), status_(status) {}

  /// Measures until stop().
  static boost::asio::awaitable<void> watch(LoopLag* self) {
    while (!self->is_stopped_) {
      const auto due = std::chrono::steady_clock::now() + kInterval;
      self->timer_.expires_at(due);
      co_await self->timer_.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
      self->take(std::chrono::steady_clock::now() - due);
    }
  }
  void stop() {
    is_stopped_ = true;
    timer_.cancel();
  }

 private:
  static constexpr std::chrono::milliseconds kInterval{200};
  static constexpr int kLooksPerPart = 50;  ///< The worst of one to two parts is told.

  void take(std::chrono::nanoseconds lag) {
    worst_ = std::max(worst_, lag);
    status_.io_loop_lag_ns = std::max(worst_, worst_before_).count();
    if (++num_looks_ % kLooksPerPart != 0) return;
    worst_before_ = std::exchange(worst_, {});
  }

  boost::asio::steady_timer timer_;
  EngineStatus& status_;
  std::chrono::nanoseconds worst_{0};
  std::chrono::nanoseconds worst_before_{0};
  int num_looks_ = 0;
  bool is_stopped_ = false;
};

}  // namespace octavo
