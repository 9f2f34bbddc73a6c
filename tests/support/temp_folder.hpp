// A folder for a test's files that is gone when the test is.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace octavo::testing {

class TempFolder {
 public:
  TempFolder();
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  ~TempFolder();

  const std::filesystem::path& path() const { return path_; }
  void write(const std::string& name, std::string_view bytes) const;

 private:
  std::filesystem::path path_;
};

/// A .safetensors file of this JSON header, whatever it says, and `data` behind it.
std::string safetensors_bytes(std::string_view header, std::string_view data);

/// A tensor for `safetensors_file`, little endian bytes as stored.
struct TestTensor {
  std::string name;
  std::string dtype;
  std::vector<std::int64_t> shape;
  std::string data;
};

/// A valid .safetensors file.
std::string safetensors_file(const std::vector<TestTensor>& tensors);

/// `count` float32 values: `value`, with a little of the index in it.
std::string float_bytes(std::int64_t count, float value);

}  // namespace octavo::testing
