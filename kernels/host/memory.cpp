#include "kernels/host/memory.hpp"

#include <sys/mman.h>

#include "kernels/host/half.hpp"

namespace octavo::kernels {
namespace {

constexpr std::size_t kHugePage = std::size_t{2} << 20;
constexpr std::size_t kMaxBytes = std::size_t{1} << 47;

std::size_t round_up(std::size_t bytes, std::size_t unit) {
  return (bytes + unit - 1) / unit * unit;
}

void unmap(void* data, std::size_t bytes) {
  munmap(data, bytes < kHugePage ? bytes : round_up(bytes, kHugePage));
}

/// Maps one huge page more than needed and gives the ends back, so that the rest is aligned.
void* map_aligned(std::size_t bytes) {
  const std::size_t reserved = bytes + kHugePage;
  void* raw = mmap(nullptr, reserved, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (raw == MAP_FAILED) return nullptr;
  auto* begin = static_cast<std::byte*>(raw);
  const auto address = reinterpret_cast<std::uintptr_t>(raw);
  const std::size_t head = round_up(address, kHugePage) - address;
  if (head > 0) munmap(begin, head);
  munmap(begin + head + bytes, reserved - head - bytes);
  madvise(begin + head, bytes, MADV_HUGEPAGE);
  return begin + head;
}

}  // namespace

Buffer take_memory(std::size_t bytes) {
  if (bytes == 0 || bytes > kMaxBytes) return {};
  if (bytes >= kHugePage) {
    void* data = map_aligned(round_up(bytes, kHugePage));
    return data == nullptr ? Buffer{} : Buffer{data, bytes, unmap};
  }
  void* data = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return data == MAP_FAILED ? Buffer{} : Buffer{data, bytes, unmap};
}

std::size_t checked_bytes(std::int64_t rows, std::int64_t cols, std::size_t element_bytes) {
  if (rows <= 0 || cols <= 0) return 0;
  std::uint64_t elements = 0;
  std::uint64_t bytes = 0;
  if (__builtin_mul_overflow(static_cast<std::uint64_t>(rows), static_cast<std::uint64_t>(cols),
                             &elements) ||
      __builtin_mul_overflow(elements, static_cast<std::uint64_t>(element_bytes), &bytes)) {
    return 0;
  }
  return bytes > kMaxBytes ? 0 : bytes;
}

Vector float_vector(std::span<const HostMatrix> parts) {
  Vector vector;
  for (const HostMatrix& part : parts) vector.size += part.rows * part.cols;
  vector.storage = take_memory(checked_bytes(1, vector.size, sizeof(float)));
  if (!vector.storage) return vector;
  float* output = vector.storage.as<float>();
  for (const HostMatrix& part : parts) {
    for (std::int64_t i = 0; i < part.rows * part.cols; ++i) {
      *output++ = load_element(part.data, part.dtype, i);
    }
  }
  return vector;
}

}  // namespace octavo::kernels
