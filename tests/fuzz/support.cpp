#include "tests/fuzz/support.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

namespace octavo::fuzz {

void expect(bool condition, std::string_view what) {
  if (condition) return;
  std::fputs("wrong answer: ", stderr);
  std::fwrite(what.data(), 1, what.size(), stderr);
  std::fputs("\n", stderr);
  std::abort();
}

std::filesystem::path tests_folder() { return OCTAVO_FUZZ_TESTS_DIR; }

MemoryFile::MemoryFile(std::string_view bytes) : descriptor_(::memfd_create("input", MFD_CLOEXEC)) {
  expect(descriptor_ >= 0, "the system gives no file in memory");
  const auto written = ::write(descriptor_, bytes.data(), bytes.size());
  expect(written == static_cast<ssize_t>(bytes.size()), "the file in memory is too short");
}

MemoryFile::~MemoryFile() { ::close(descriptor_); }

std::filesystem::path MemoryFile::path() const {
  return "/proc/self/fd/" + std::to_string(descriptor_);
}

}  // namespace octavo::fuzz
