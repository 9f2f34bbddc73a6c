// How a coroutine awaits what only a blocking call can find out: that an event of a device has
// happened. A thread of its own makes the call and sends word to the coroutine's mailbox, so that
// whatever else the coroutine's executor runs goes on meanwhile.
#pragma once

#include <functional>

#include "actors/runtime/mailbox.hpp"
#include "src/runtime/task_thread.hpp"

namespace octavo {

class EventWait {
 public:
  /// reader: where the coroutine runs that awaits.
  explicit EventWait(const asio::any_io_executor& reader) : happened_(reader) {}

  /// Ends when `wait` has returned. One at a time; the destructor waits for a call that has begun.
  asio::awaitable<void> until(std::function<void()> wait) {
    thread_.run([wait = std::move(wait), self = happened_.address()] {
      wait();
      self.send({});
    });
    co_await happened_.receive();
  }

 private:
  struct Happened {};
  Mailbox<Happened> happened_;
  TaskThread thread_;  ///< Last: it ends before the mailbox does.
};

}  // namespace octavo
