// A device tells the end of its work to a thread that blocks for it, and the executor's thread has
// better to do: this one waits for one thing after the other and then posts. It begins with the
// first thing that has to be waited for.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>

namespace octavo {

class Waiter {
 public:
  Waiter() = default;
  /// Waits for what is still to come.
  ~Waiter() {
    {
      const std::lock_guard lock(mutex_);
      closed_ = true;
    }
    changed_.notify_one();
    if (thread_.joinable()) thread_.join();
  }
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;

  /// wait: blocks, and posts when it is over; called on the waiter's thread, in order.
  void add(std::function<void()> wait) {
    {
      const std::lock_guard lock(mutex_);
      waits_.push_back(std::move(wait));
    }
    if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
    changed_.notify_one();
  }

 private:
  void run() {
    for (;;) {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return closed_ || !waits_.empty(); });
      if (waits_.empty()) return;
      const std::function<void()> wait = std::move(waits_.front());
      waits_.pop_front();
      lock.unlock();
      wait();
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> waits_;
  bool closed_ = false;
  std::thread thread_;
};

}  // namespace octavo
