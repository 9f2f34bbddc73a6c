#include "src/model/mapped_file.hpp"

#include <utility>

#include "tests/support/catch.hpp"
#include "tests/support/temp_folder.hpp"

using namespace octavo;

namespace {

MappedFile open(const std::filesystem::path& path) {
  auto file = MappedFile::open(path);
  if (!file) FAIL(file.error().detail);
  return std::move(*file);
}

std::string text_of(const MappedFile& file) {
  const auto bytes = file.bytes();
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

TEST_CASE("a file's bytes are there as they are, below a page, at its end and beyond it") {
  const testing::TempFolder folder;
  const std::size_t size = GENERATE(1, 4095, 4096, 4097, 100000);
  CAPTURE(size);
  std::string bytes(size, '\0');
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>(i * 31 + i / 256);
  folder.write("file", bytes);
  CHECK((text_of(open(folder.path() / "file")) == bytes));
}

TEST_CASE("an empty file maps to no bytes") {
  const testing::TempFolder folder;
  folder.write("file", "");
  const auto file = MappedFile::open(folder.path() / "file");
  REQUIRE(file.has_value());
  CHECK(file->bytes().empty());
}

TEST_CASE("bytes stay at their address when the object moves, and belong to one of them") {
  const testing::TempFolder folder;
  folder.write("file", "abc");
  MappedFile first = open(folder.path() / "file");
  const std::byte* address = first.bytes().data();
  MappedFile second(std::move(first));
  CHECK(second.bytes().data() == address);
  CHECK(first.bytes().empty());
  folder.write("other", "defg");
  MappedFile third = open(folder.path() / "other");
  third = std::move(second);
  CHECK(third.bytes().data() == address);
  CHECK(text_of(third) == "abc");
}

TEST_CASE("what was mapped outlives its name") {
  const testing::TempFolder folder;
  folder.write("file", "abc");
  const MappedFile file = open(folder.path() / "file");
  std::filesystem::remove(folder.path() / "file");
  folder.write("file", "xyz");
  CHECK(text_of(file) == "abc");
}

TEST_CASE("a link leads to its file, and one to nothing is an error") {
  const testing::TempFolder folder;
  folder.write("file", "abc");
  std::filesystem::create_symlink("file", folder.path() / "link");
  std::filesystem::create_symlink("gone", folder.path() / "broken");
  CHECK(text_of(open(folder.path() / "link")) == "abc");
  CHECK(MappedFile::open(folder.path() / "broken").error().code == Errc::kIo);
}

TEST_CASE("what cannot be opened or is no file is refused with its path and the reason") {
  const testing::TempFolder folder;
  const auto error_of = [](const std::filesystem::path& path) {
    const auto file = MappedFile::open(path);
    REQUIRE(file.has_error());
    CHECK(file.error().code == Errc::kIo);
    return file.error().detail;
  };
  const auto missing = folder.path() / "missing";
  CHECK(error_of(missing) == missing.string() + ": cannot open: No such file or directory");
  CHECK(error_of(folder.path()) == folder.path().string() + ": is not a file");
  CHECK(error_of("/dev/null") == "/dev/null: is not a file");
  folder.write("file", "abc");
  CHECK(error_of(folder.path() / "file" / "x").find("cannot open: Not a directory") !=
        std::string::npos);
}
