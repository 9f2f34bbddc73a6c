// How a coroutine sleeps until somebody on its own thread has something for it to do. A ring wakes
// whoever waits at that moment and is otherwise lost, so the coroutine looks for work first and
// waits only when there is none; between the two nothing else can run. Thread: the executor's only.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>

namespace octavo {

namespace asio = boost::asio;

class Bell {
 public:
  explicit Bell(const asio::any_io_executor& executor) : timer_(executor) {}

  /// Wakes all that wait.
  void ring() { timer_.cancel(); }

  /// To be awaited: ends with the next ring. One coroutine at a time; the bell's own end is a ring.
  auto wait() {
    timer_.expires_at(asio::steady_timer::time_point::max());
    return timer_.async_wait(asio::as_tuple(asio::use_awaitable));
  }
  /// The same, or ends after the time.
  auto wait_for(std::chrono::milliseconds limit) {
    timer_.expires_after(limit);
    return timer_.async_wait(asio::as_tuple(asio::use_awaitable));
  }

 private:
  asio::steady_timer timer_;
};

}  // namespace octavo
