// A container may use less than its machine has. Threads beyond its CPU quota only wait for the
// next period, and a cache beyond its memory limit gets the server killed. The limits stand in the
// files of its control group (version 1 and 2), and in those of every group around it: the smallest
// one on the way to the root counts.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>

namespace octavo::kernels {

/// Source: the kernel's documentation, admin-guide/cgroup-v2 and cgroup-v1/memory, cpu.
struct ContainerLimits {
  std::optional<double> num_cpus;           ///< CPU time per time, above 0.
  std::optional<std::size_t> memory_bytes;  ///< What all processes of the group may take together.
  /// The part of `memory_bytes` that the processes have not taken yet. File pages that were not
  /// used lately do not count as taken, because the kernel drops them first.
  std::optional<std::size_t> free_bytes;
};

/// Reads the limits of the group that this process is in. A file that is missing, or that says
/// nothing that is understood, sets no limit.
/// root: what stands before /proc, and before the mount points that it names.
ContainerLimits read_container_limits(const std::filesystem::path& root = "/");

/// CPUs that this process may keep busy, at least one: the smaller of its affinity and of its
/// container's quota, rounded up.
int num_usable_cpus();

}  // namespace octavo::kernels
