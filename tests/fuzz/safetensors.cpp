// A .safetensors file from anywhere. Where the first byte is 'h', the rest is a header, a line
// "----" and data, and the length in front of them is right; else the rest is the file.
#include <cstring>

#include "src/model/safetensors.hpp"
#include "tests/fuzz/support.hpp"

namespace octavo::fuzz {
namespace {

std::string file_of(Input& input) {
  if (input.byte() != 'h') return std::string(input.rest());
  const std::string_view header = input.part("\n----\n");
  const std::uint64_t size = header.size();
  std::string bytes(sizeof size, '\0');
  std::memcpy(bytes.data(), &size, sizeof size);
  return bytes.append(header).append(input.rest());
}

void check(const SafetensorsFile& file, std::size_t file_size) {
  std::size_t num_bytes = 0;
  unsigned sum = 0;
  for (const auto& [name, tensor] : file.tensors()) {
    num_bytes += tensor.size_bytes;
    for (std::size_t i = 0; i < tensor.size_bytes; ++i)
      sum += std::to_integer<unsigned>(tensor.data[i]);
    for (const std::int64_t extent : tensor.shape) expect(extent >= 0, "a negative dimension");
  }
  expect(num_bytes < file_size, "more bytes of tensors than of the file");
  [[maybe_unused]] static volatile unsigned reads;
  reads = sum;
}

}  // namespace
}  // namespace octavo::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace octavo;
  fuzz::Input input(data, size);
  const std::string bytes = fuzz::file_of(input);
  const fuzz::MemoryFile file(bytes);
  const auto opened = SafetensorsFile::open(file.path());
  if (opened)
    fuzz::check(*opened, bytes.size());
  else
    fuzz::expect(!opened.error().message().empty(), "an error without a reason");
  return 0;
}
