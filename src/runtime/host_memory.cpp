#include "src/runtime/host_memory.hpp"

#include <sys/sysinfo.h>

#include <algorithm>
#include <cstdint>

namespace octavo {
namespace {

constexpr std::size_t kSmallCache = std::size_t{256} << 20;
constexpr std::size_t kLargeCache = std::size_t{4} << 30;

}  // namespace

std::size_t HostMemory::default_cache_bytes() const {
  if (total_bytes == 0) return std::size_t{1} << 30;
  return std::min(std::clamp(free_bytes / 2, kSmallCache, kLargeCache), free_bytes);
}

HostMemory read_machine_memory() {
  struct sysinfo info {};
  if (::sysinfo(&info) != 0) return {};
  const std::uint64_t free = std::uint64_t{info.freeram} + info.bufferram;
  return {.total_bytes = info.totalram * std::size_t{info.mem_unit},
          .free_bytes = free * std::size_t{info.mem_unit}};
}

HostMemory within(const HostMemory& machine, const kernels::ContainerLimits& limits) {
  HostMemory memory = machine;
  if (limits.memory_bytes &&
      (machine.total_bytes == 0 || *limits.memory_bytes < machine.total_bytes)) {
    memory.total_bytes = *limits.memory_bytes;
    memory.is_container = true;
    if (machine.total_bytes == 0) memory.free_bytes = *limits.memory_bytes;
  }
  if (limits.free_bytes) memory.free_bytes = std::min(memory.free_bytes, *limits.free_bytes);
  return memory;
}

}  // namespace octavo
