#include "src/app/serve/recording_file.hpp"

#include <sys/stat.h>

#include <atomic>
#include <fstream>
#include <iterator>

#include "tests/support/catch.hpp"
#include "tests/support/temp_folder.hpp"

using namespace octavo;

namespace {

std::string text_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::unique_ptr<RecordingFile> create(const std::filesystem::path& path) {
  auto file = RecordingFile::create(path);
  if (!file) FAIL(file.error().detail);
  return std::move(*file);
}

}  // namespace

TEST_CASE("pieces stand in the file in the order in which they were appended") {
  const testing::TempFolder folder;
  const auto path = folder.path() / "a.rec";
  const auto file = create(path);
  std::string expected;
  for (int i = 0; i < 500; ++i) {
    const std::string piece = "piece " + std::to_string(i) + std::string(1, '\0');
    CHECK(file->append(piece));
    expected += piece;
  }
  CHECK(file->finish());
  CHECK(text_of(path) == expected);
  CHECK(file->path() == path.string());
}

TEST_CASE("a piece larger than a pipe or a page is written whole") {
  const testing::TempFolder folder;
  const auto path = folder.path() / "a.rec";
  std::string piece(3000001, 'x');
  piece.back() = 'y';
  {
    const auto file = create(path);
    CHECK(file->append(piece));
    CHECK(file->append(""));
  }
  CHECK((text_of(path) == piece));
}

TEST_CASE("nothing is taken after the end, which may be asked for twice") {
  const testing::TempFolder folder;
  const auto path = folder.path() / "a.rec";
  const auto file = create(path);
  CHECK(file->append("one"));
  CHECK(file->finish());
  CHECK_FALSE(file->append("two"));
  CHECK(file->finish());
  CHECK(text_of(path) == "one");
}

TEST_CASE("a recording of nothing is an empty file") {
  const testing::TempFolder folder;
  CHECK(create(folder.path() / "a.rec")->finish());
  CHECK(std::filesystem::file_size(folder.path() / "a.rec") == 0);
}

TEST_CASE("the file is its owner's alone") {
  const testing::TempFolder folder;
  const auto file = create(folder.path() / "a.rec");
  struct stat status {};
  REQUIRE(::stat((folder.path() / "a.rec").c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0600);
}

TEST_CASE("a file that was there already is emptied") {
  const testing::TempFolder folder;
  folder.write("a.rec", "an old and longer recording");
  create(folder.path() / "a.rec")->append("new");
  CHECK(text_of(folder.path() / "a.rec") == "new");
}

TEST_CASE("a file that cannot be made is an error that says what to do") {
  const testing::TempFolder folder;
  for (const std::filesystem::path& path :
       {folder.path() / "no" / "a.rec", folder.path(), std::filesystem::path()}) {
    CAPTURE(path);
    const auto file = RecordingFile::create(path);
    REQUIRE(file.has_error());
    CHECK(file.error().code == Errc::kIo);
    CHECK(file.error().param == "record");
    CHECK(file.error().detail.find("--record: cannot write `" + path.string() + "`: ") == 0);
    CHECK(file.error().detail.find("name a file in a folder that exists") != std::string::npos);
  }
}

TEST_CASE("a disk that is full ends the recording, and nothing more is taken") {
  const auto file = create("/dev/full");
  file->append("piece");
  CHECK_FALSE(file->finish());
  CHECK_FALSE(file->append("more"));
}

TEST_CASE("a piece larger than what the disk may be behind ends the recording at once") {
  const testing::TempFolder folder;
  const auto file = create(folder.path() / "a.rec");
  file->append(std::string(RecordingFile::kMaxBehind + 1, 'x'));
  CHECK_FALSE(file->append("more"));
  CHECK_FALSE(file->finish());
}
