#include "src/runtime/host_memory.hpp"

#include "tests/support/catch.hpp"

using namespace octavo;
using octavo::kernels::ContainerLimits;

namespace {

constexpr std::size_t kMiB = std::size_t{1} << 20;

HostMemory machine(std::size_t total_mib, std::size_t free_mib) {
  return {.total_bytes = total_mib * kMiB, .free_bytes = free_mib * kMiB};
}

ContainerLimits limits(std::size_t memory_mib, std::size_t free_mib) {
  return {.num_cpus = {}, .memory_bytes = memory_mib * kMiB, .free_bytes = free_mib * kMiB};
}

}  // namespace

TEST_CASE("without a container the memory is the machine's") {
  const HostMemory memory = within(machine(16000, 9000), {});
  CHECK(memory.total_bytes == 16000 * kMiB);
  CHECK(memory.free_bytes == 9000 * kMiB);
  CHECK_FALSE(memory.is_container);
}

TEST_CASE("a container's limit bounds what the process may take") {
  const HostMemory memory = within(machine(16000, 9000), limits(2000, 1500));
  CHECK(memory.total_bytes == 2000 * kMiB);
  CHECK(memory.free_bytes == 1500 * kMiB);
  CHECK(memory.is_container);
}

TEST_CASE("a limit above the machine's memory changes nothing, whatever is free below it") {
  const HostMemory memory = within(machine(16000, 900), limits(64000, 60000));
  CHECK(memory.total_bytes == 16000 * kMiB);
  CHECK(memory.free_bytes == 900 * kMiB);
  CHECK_FALSE(memory.is_container);
}

TEST_CASE(
    "where the machine does not say what it has, the container's limit is all that is known") {
  const HostMemory memory = within({}, limits(2000, 1500));
  CHECK(memory.total_bytes == 2000 * kMiB);
  CHECK(memory.free_bytes == 1500 * kMiB);
  CHECK(memory.default_cache_bytes() == 750 * kMiB);
  CHECK(HostMemory{}.default_cache_bytes() == 1024 * kMiB);
}

TEST_CASE("the cache takes half of what is free, up to 4 GiB, and never more than there is") {
  CHECK(machine(64000, 3000).default_cache_bytes() == 1500 * kMiB);
  CHECK(machine(64000, 60000).default_cache_bytes() == 4096 * kMiB);
  CHECK(machine(64000, 400).default_cache_bytes() == 256 * kMiB);
  CHECK(machine(64000, 100).default_cache_bytes() == 100 * kMiB);
}

TEST_CASE("the machine that this runs on has memory, some of it free") {
  const HostMemory memory = read_machine_memory();
  CHECK(memory.total_bytes > 64 * kMiB);
  CHECK(memory.free_bytes > 0);
  CHECK(memory.free_bytes <= memory.total_bytes);
}
