#include "kernels/host/thread_pool.hpp"

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <string>
#include <system_error>

#include "kernels/host/container_limits.hpp"

namespace octavo::kernels {
namespace {

constexpr auto kSpinTime = std::chrono::microseconds(50);
constexpr int kPausesPerLook = 16;

void pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

/// True as soon as `ready` is, false after the spin time.
template <class Ready>
bool spin_until(const Ready& ready) {
  const auto end = std::chrono::steady_clock::now() + kSpinTime;
  do {
    for (int i = 0; i < kPausesPerLook; ++i) {
      if (ready()) return true;
      pause();
    }
  } while (std::chrono::steady_clock::now() < end);
  return ready();
}

}  // namespace

ThreadPool::ThreadPool(int num_threads) {
  const int count = num_threads > 0 ? num_threads : num_usable_cpus();
  try {
    for (int thread = 1; thread < count; ++thread)
      workers_.emplace_back([this, thread] { serve(thread); });
  } catch (const std::system_error& error) {
    const std::size_t num_started = workers_.size();
    end();
    throw std::runtime_error("the system lets this process have " + std::to_string(num_started) +
                             " of " + std::to_string(count - 1) + " compute threads (" +
                             error.code().message() + "): raise `ulimit -u`, or lower --threads");
  }
}

ThreadPool::~ThreadPool() { end(); }

void ThreadPool::end() {
  stopping_.store(true);
  epoch_.fetch_add(1);
  epoch_.notify_all();
  for (std::thread& worker : workers_) worker.join();
}

/// Claims by compare and swap, so that the job is read only by one who holds an item of it.
bool ThreadPool::work_once(int thread) {
  std::int64_t left = remaining_.load(std::memory_order_relaxed);
  do {
    if (left == 0) return false;
  } while (!remaining_.compare_exchange_weak(left, left - 1, std::memory_order_acquire,
                                             std::memory_order_relaxed));
  job_.call(job_.context, job_.num_items - left, thread);
  unfinished_.fetch_sub(1, std::memory_order_release);
  return true;
}

void ThreadPool::start(const Job& job) {
  job_ = job;
  unfinished_.store(job.num_items, std::memory_order_relaxed);
  remaining_.store(job.num_items, std::memory_order_release);
  epoch_.fetch_add(1);
  epoch_.notify_all();
  while (work_once(0)) {
  }
  const auto done = [this] { return unfinished_.load(std::memory_order_acquire) == 0; };
  while (!spin_until(done)) std::this_thread::yield();
}

void ThreadPool::serve(int thread) {
  const auto has_news = [this] {
    return remaining_.load(std::memory_order_relaxed) > 0 ||
           stopping_.load(std::memory_order_relaxed);
  };
  while (!stopping_.load()) {
    const std::uint32_t epoch = epoch_.load();
    while (work_once(thread)) {
    }
    if (!spin_until(has_news) && epoch_.load() == epoch) epoch_.wait(epoch);
  }
}

}  // namespace octavo::kernels
