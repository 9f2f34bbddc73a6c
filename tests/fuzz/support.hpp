// What the fuzz targets share: a fuzzer's bytes as small draws, lines and texts, and checks that
// stay on in every build.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace octavo::fuzz {

/// Reads an input from its front. What is missing at its end reads as 0 or as an empty text.
class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size)
      : rest_(reinterpret_cast<const char*>(data), size) {}

  bool is_empty() const { return rest_.empty(); }
  std::uint8_t byte() {
    const std::string_view taken = take(1);
    return taken.empty() ? 0 : static_cast<std::uint8_t>(taken[0]);
  }
  /// One of 0 .. count - 1; count: 1 .. 256.
  std::size_t pick(std::size_t count) { return byte() % count; }
  std::string_view take(std::size_t num_bytes) {
    const std::string_view taken = rest_.substr(0, num_bytes);
    rest_.remove_prefix(taken.size());
    return taken;
  }
  /// Up to the next `separator`, which is taken and left out, or up to the end.
  std::string_view part(std::string_view separator) {
    const std::size_t at = rest_.find(separator);
    const std::string_view taken = take(at);
    take(at == std::string_view::npos ? 0 : separator.size());
    return taken;
  }
  std::string_view rest() { return take(std::string_view::npos); }

 private:
  std::string_view rest_;
};

/// Ends the process when the condition does not hold, so that the fuzzer keeps the input.
void expect(bool condition, std::string_view what);

/// The folder `tests` of the sources.
std::filesystem::path tests_folder();

/// A file that lies in memory alone, for readers that want a path.
class MemoryFile {
 public:
  explicit MemoryFile(std::string_view bytes);
  ~MemoryFile();
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  std::filesystem::path path() const;

 private:
  int descriptor_;
};

}  // namespace octavo::fuzz

/// What libFuzzer calls for each input. Answers 0; -1 keeps the input out of the corpus.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
