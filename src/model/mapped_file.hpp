// A checkpoint is larger than what one wants to copy: its file as read-only memory.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>

#include "src/core/result.hpp"

namespace octavo {

/// Owns the mapping; bytes stay at their address when the object moves.
class MappedFile {
 public:
  /// Errors: kIo when the file cannot be opened or mapped. An empty file maps to no bytes.
  [[nodiscard]] static Result<MappedFile> open(const std::filesystem::path& path);

  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  ~MappedFile();

  std::span<const std::byte> bytes() const { return bytes_; }

 private:
  explicit MappedFile(std::span<const std::byte> bytes) : bytes_(bytes) {}
  std::span<const std::byte> bytes_;
};

}  // namespace octavo
