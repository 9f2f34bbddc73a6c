// A step's small arrays on their way up, and what comes back.
#include <algorithm>
#include <array>
#include <vector>

#include "kernels/cuda/device/runtime.hpp"
#include "kernels/cuda/step/host_copy.hpp"
#include "tests/kernels/cuda/support/device_array.hpp"

using namespace octavo::kernels::cuda;

namespace {

constexpr std::size_t kRoom = 200000;

Memory pinned(std::uint8_t first) {
  Memory memory(Memory::Place::kHost, kRoom);
  REQUIRE(memory.data() != nullptr);
  for (std::size_t i = 0; i < kRoom; ++i)
    memory.data()[i] = static_cast<std::byte>(first + i * 2654435761U / 8191);
  return memory;
}

bool begins_as(const std::vector<std::uint8_t>& bytes, const Memory& host, std::size_t count) {
  return std::equal(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(count),
                    reinterpret_cast<const std::uint8_t*>(host.data()));
}

}  // namespace

TEST_CASE("cuda: arrays of any length go up in one launch and come down again") {
  const Stream stream;
  const std::array sizes{std::size_t{4}, std::size_t{0}, std::size_t{2048}, kRoom - 12};
  std::vector<Memory> hosts;
  std::array<HostCopy, 4> copies;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    hosts.push_back(pinned(static_cast<std::uint8_t>(i)));
    copies[i].from = hosts[i].data();
    copies[i].bytes = sizes[i];
  }
  const DeviceArray<std::uint8_t> a(kRoom);
  const DeviceArray<std::uint8_t> b(kRoom);
  const DeviceArray<std::uint8_t> c(kRoom);
  const DeviceArray<std::uint8_t> d(kRoom);
  const std::array targets{&a, &b, &c, &d};
  for (std::size_t i = 0; i < targets.size(); ++i) copies[i].to = targets[i]->data();
  REQUIRE(cudaDeviceSynchronize() == cudaSuccess);  // The poison is there.
  copy_from_host(copies, stream);
  for (std::size_t i = 0; i < targets.size(); ++i) {
    const auto bytes = targets[i]->get();
    CHECK(begins_as(bytes, hosts[i], sizes[i]));
    const std::size_t end = (sizes[i] + 15) / 16 * 16;  // Beyond, nothing is touched.
    CHECK(std::all_of(bytes.begin() + static_cast<std::ptrdiff_t>(end), bytes.end(),
                      [](std::uint8_t byte) { return byte == 0xFF; }));
  }
  const Memory back = pinned(99);
  copy_to_host({back.data(), d.data(), sizes[3]}, stream);
  CHECK(begins_as(d.get(), back, sizes[3]));
}
