// The tensors inside one .safetensors file: found by name, read in place, nothing believed that the
// bytes do not prove. Format: 8 bytes header length (little endian), a JSON header, the data.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "src/core/result.hpp"
#include "src/model/mapped_file.hpp"

namespace octavo {

/// One tensor in place. `data` may lie at any address, aligned or not.
struct StoredTensor {
  std::string dtype;                ///< As the file spells it: "F32", "BF16", "I64", ...
  std::vector<std::int64_t> shape;  ///< Row-major.
  const std::byte* data = nullptr;
  std::size_t size_bytes = 0;
};

class SafetensorsFile {
 public:
  /// Errors: kIo; kInvalidFile with the file's and the tensor's name for a header that is too long,
  /// not JSON, repeats a name, or whose offsets do not tile the data or do not match dtype x shape.
  [[nodiscard]] static Result<SafetensorsFile> open(const std::filesystem::path& path);

  const std::map<std::string, StoredTensor, std::less<>>& tensors() const { return tensors_; }

 private:
  explicit SafetensorsFile(MappedFile file) : file_(std::move(file)) {}
  MappedFile file_;
  std::map<std::string, StoredTensor, std::less<>> tensors_;
};

}  // namespace octavo
