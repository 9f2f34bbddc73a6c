// Splits one op over the cores without paying for a thread start or a system call per op: a decoder
// step is hundreds of ops of tens of microseconds. The caller works too; between ops workers spin
// for a moment, then sleep, so that an idle server uses no CPU.
//
// Thread: `run` from one thread at a time. Items are claimed one by one, in order, so a worker that
// the system has not scheduled holds nothing up.
#pragma once

#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

namespace octavo::kernels {

class ThreadPool {
 public:
  /// `num_threads` counts the caller; 0 takes every core that the process may use.
  explicit ThreadPool(int num_threads);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  int num_threads() const { return static_cast<int>(workers_.size()) + 1; }

  /// Calls work(item, thread) once for each item of 0 .. num_items - 1 and returns when all are
  /// done. `thread` is 0 .. num_threads() - 1 and selects its scratch memory.
  template <class Work>
  void run(std::int64_t num_items, const Work& work) {
    if (num_items == 1 || workers_.empty()) {
      for (std::int64_t item = 0; item < num_items; ++item) work(item, 0);
    } else if (num_items > 1) {
      start({[](const void* context, std::int64_t item, int thread) {
               (*static_cast<const Work*>(context))(item, thread);
             },
             &work, num_items});
    }
  }

 private:
  struct Job {
    void (*call)(const void* context, std::int64_t item, int thread) = nullptr;
    const void* context = nullptr;
    std::int64_t num_items = 0;
  };

  void end();
  void start(const Job& job);
  bool work_once(int thread);
  void serve(int thread);

  Job job_;  ///< Written only while no item of it is left or being worked on.
  alignas(64) std::atomic<std::int64_t> remaining_{0};  ///< Items not yet claimed.
  alignas(64) std::atomic<std::int64_t> unfinished_{0};
  alignas(64) std::atomic<std::uint32_t> epoch_{0};  ///< Grows with every job; workers sleep on it.
  std::atomic<bool> stopping_{false};
  std::vector<std::thread> workers_;
};

}  // namespace octavo::kernels
