#include "tests/support/temp_folder.hpp"

#include <unistd.h>

#include <cstdint>
#include <cstring>
#include <fstream>
#include <sstream>

namespace octavo::testing {

TempFolder::TempFolder() {
  static int counter = 0;
  path_ = std::filesystem::temp_directory_path() /
          ("octavo-test-" + std::to_string(::getpid()) + "-" + std::to_string(counter++));
  std::filesystem::create_directories(path_);
}

TempFolder::~TempFolder() {
  std::error_code ec;
  std::filesystem::remove_all(path_, ec);
}

void TempFolder::write(const std::string& name, std::string_view bytes) const {
  // A new file: cutting an old one short makes some file systems wait for the disk.
  std::filesystem::remove(path_ / name);
  std::ofstream(path_ / name, std::ios::binary)
      .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

std::string safetensors_bytes(std::string_view header, std::string_view data) {
  std::string bytes(8, '\0');
  const std::uint64_t size = header.size();
  std::memcpy(bytes.data(), &size, sizeof size);
  return bytes.append(header).append(data);
}

std::string safetensors_file(const std::vector<TestTensor>& tensors) {
  std::ostringstream header;
  std::string data;
  header << "{";
  for (const auto& tensor : tensors) {
    header << (data.empty() ? "" : ",") << '"' << tensor.name << R"(":{"dtype":")" << tensor.dtype
           << R"(","shape":[)";
    for (std::size_t i = 0; i < tensor.shape.size(); ++i) {
      header << (i == 0 ? "" : ",") << tensor.shape[i];
    }
    header << R"(],"data_offsets":[)" << data.size() << "," << data.size() + tensor.data.size()
           << "]}";
    data += tensor.data;
  }
  header << "}";
  return safetensors_bytes(header.str(), data);
}

std::string float_bytes(std::int64_t count, float value) {
  std::string bytes;
  for (std::int64_t i = 0; i < count; ++i) {
    const float element = value + 0.01F * static_cast<float>(i % 7);
    bytes.append(reinterpret_cast<const char*>(&element), sizeof element);
  }
  return bytes;
}

}  // namespace octavo::testing
