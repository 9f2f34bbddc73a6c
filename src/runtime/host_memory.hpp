// The memory of the host as far as this process may take it: the machine's, or what the limits of
// its container leave of it.
#pragma once

#include <cstddef>

#include "kernels/host/container_limits.hpp"

namespace octavo {

struct HostMemory {
  std::size_t total_bytes = 0;  ///< 0: not known.
  std::size_t free_bytes = 0;
  bool is_container = false;  ///< A container's limit is what bounds `total_bytes`.

  /// Bytes for the cache when nobody says how many: half of what is free, between 256 MiB and
  /// 4 GiB, and never more than is free. Its pages are taken when they are first used.
  std::size_t default_cache_bytes() const;
};

/// The machine's own memory, without its containers.
HostMemory read_machine_memory();

/// The smaller of both, total and free each.
HostMemory within(const HostMemory& machine, const kernels::ContainerLimits& limits);

}  // namespace octavo
