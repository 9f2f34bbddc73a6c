// Memory for weights and caches on the CPU: zeroed by the system, in huge pages where it pays.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/storage.hpp"

namespace octavo::kernels {

/// Zeroed memory, aligned to 64 bytes and, from 2 MiB on, to huge pages, which the system is asked
/// for. An empty Buffer when the system refuses or `bytes` is 0.
Buffer take_memory(std::size_t bytes);

/// The bytes of `rows` x `cols` elements of `element_bytes`, or 0 when that is negative or more
/// than an address space holds.
std::size_t checked_bytes(std::int64_t rows, std::int64_t cols, std::size_t element_bytes);

/// The values of all parts, end to end, as float32; empty when there is no memory.
Vector float_vector(std::span<const HostMatrix> parts);

}  // namespace octavo::kernels
