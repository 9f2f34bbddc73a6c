// Memory of a device and the weights in it. Weights are laid out as the device's products like
// them best, so only the backend that made a matrix can read it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "kernels/tensor.hpp"

namespace octavo::kernels {

/// Device memory that frees itself. Zeroed when taken.
class Buffer {
 public:
  Buffer() = default;
  Buffer(void* data, std::size_t bytes, void (*release)(void*, std::size_t))
      : data_(data), bytes_(bytes), release_(release) {}
  Buffer(Buffer&& other) noexcept { swap(other); }
  Buffer& operator=(Buffer&& other) noexcept {
    Buffer(std::move(other)).swap(*this);
    return *this;
  }
  ~Buffer() {
    if (data_ != nullptr) release_(data_, bytes_);
  }
  void swap(Buffer& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(bytes_, other.bytes_);
    std::swap(release_, other.release_);
  }
  void* data() const { return data_; }
  template <class T>
  T* as() const {
    return static_cast<T*>(data_);
  }
  std::size_t bytes() const { return bytes_; }
  explicit operator bool() const { return data_ != nullptr; }

 private:
  void* data_ = nullptr;
  std::size_t bytes_ = 0;
  void (*release_)(void*, std::size_t) = nullptr;
};

/// A weight [rows, cols] in the order that the backend's `linear` likes best.
struct Matrix {
  Buffer storage;
  DType dtype = DType::kF32;
  std::int64_t rows = 0;  ///< Output features.
  std::int64_t cols = 0;  ///< Input features.
  Buffer scales{};        ///< [rows] float32: the elements are 8-bit floats (e4m3), times these.
  explicit operator bool() const { return static_cast<bool>(storage); }
};

/// Small parameters (norms, biases), float32 on the device.
struct Vector {
  Buffer storage;
  std::int64_t size = 0;
  const float* data() const { return storage.as<const float>(); }
  explicit operator bool() const { return static_cast<bool>(storage); }
};

struct DeviceMemory {
  std::size_t total_bytes = 0;
  std::size_t free_bytes = 0;
};

/// Thread: one caller at a time, the same as for operations.
class Storage {
 public:
  virtual ~Storage() = default;

  virtual DeviceMemory memory() const = 0;
  /// Takes zeroed memory; an empty Buffer when there is not enough.
  virtual Buffer allocate(std::size_t bytes) = 0;
  /// Host memory that `copy_blocks_between` reaches at the link's speed; empty when there is not
  /// enough.
  virtual Buffer allocate_host(std::size_t bytes) = 0;
  /// Copies device memory to the host, and waits for that.
  virtual void read(const void* device, void* host, std::size_t bytes) = 0;

  /// Stacks `parts` by rows (equal cols), converts to `dtype` and lays them out for `linear` and
  /// `embed`. Empty when there is not enough memory.
  virtual Matrix prepare_matrix(std::span<const HostMatrix> parts, DType dtype) = 0;
  /// Concatenates vectors (each [1, size]) as float32. Empty when there is not enough memory.
  virtual Vector prepare_vector(std::span<const HostMatrix> parts) = 0;
  /// A matrix of seeded normal values times `scale`, for benchmarks without a checkpoint. The same
  /// seed gives the same values on every backend.
  virtual Matrix random_matrix(std::int64_t rows, std::int64_t cols, DType dtype,
                               std::uint64_t seed, float scale) = 0;
  virtual bool can_quantize() const { return false; }
  /// The same matrix for `linear` in half the bytes: 8-bit floats, each row with a scale of its
  /// own. It comes back as it was where its shape does not allow that; empty when there is not
  /// enough memory. Only where `can_quantize`.
  virtual Matrix quantize(Matrix matrix) { return matrix; }
};

}  // namespace octavo::kernels
