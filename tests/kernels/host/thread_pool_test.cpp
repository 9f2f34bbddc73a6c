#include <atomic>
#include <chrono>
#include <ctime>
#include <thread>
#include <vector>

#include "kernels/host/philox.hpp"
#include "kernels/host/thread_pool.hpp"
#include "tests/support/catch.hpp"

using namespace octavo::kernels;

TEST_CASE("every item of every job runs once, whatever the number of threads") {
  for (int threads : {1, 2, 3, 8}) {
    ThreadPool pool(threads);
    CHECK(pool.num_threads() == threads);
    for (int job = 0; job < 300; ++job) {
      const int num_items = job % 37;
      std::vector<int> runs(static_cast<std::size_t>(num_items));
      std::atomic<bool> known_thread = true;
      pool.run(num_items, [&](std::int64_t item, int thread) {
        ++runs[static_cast<std::size_t>(item)];
        if (thread < 0 || thread >= threads) known_thread = false;
      });
      CHECK(runs == std::vector<int>(runs.size(), 1));
      CHECK(known_thread);
    }
  }
}

TEST_CASE("a pool wakes from its sleep for the next job") {
  ThreadPool pool(3);
  for (int job = 0; job < 5; ++job) {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    std::atomic<int> sum = 0;
    pool.run(100, [&](std::int64_t item, int) { sum += static_cast<int>(item); });
    CHECK(sum == 4950);
  }
}

TEST_CASE("an idle pool uses no processor time") {
  ThreadPool pool(4);
  pool.run(8, [](std::int64_t, int) {});
  std::this_thread::sleep_for(std::chrono::milliseconds(20));  // past the spin
  const std::clock_t before = std::clock();
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  const double used = static_cast<double>(std::clock() - before) / CLOCKS_PER_SEC;
  CHECK(used < 0.02);  // three spinning workers would use 0.2 s a core
}

TEST_CASE("the generator reproduces the published vectors of Philox4x32-10") {
  CHECK(philox({0, 0, 0, 0}, 0) ==
        std::array<std::uint32_t, 4>{0x6627e8d5U, 0xe169c58dU, 0xbc57ac4cU, 0x9b00dbd8U});
  CHECK(philox({0xffffffffU, 0xffffffffU, 0xffffffffU, 0xffffffffU}, 0xffffffffffffffffU) ==
        std::array<std::uint32_t, 4>{0x408f276dU, 0x41c83b0eU, 0xa20bc7c6U, 0x6d5451fdU});
  CHECK(philox({0x243f6a88U, 0x85a308d3U, 0x13198a2eU, 0x03707344U}, 0x299f31d0a4093822U) ==
        std::array<std::uint32_t, 4>{0xd16cfe09U, 0x94fdccebU, 0x5001e420U, 0x24126ea1U});
}
