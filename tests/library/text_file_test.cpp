#include "src/library/text_file.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/temp_folder.hpp"

using namespace octavo;

TEST_CASE("a text file is read whole, and one that cannot be read is named") {
  const testing::TempFolder folder;
  const std::string text("a\r\n\0b", 5);
  folder.write("file", text);
  CHECK(read_text_file(folder.path() / "file").value() == text);
  folder.write("empty", "");
  CHECK(read_text_file(folder.path() / "empty").value().empty());
  const auto whole = read_text_file(folder.path());
  REQUIRE(whole.has_error());
  CHECK(whole.error().code == Errc::kIo);
  CHECK(whole.error().detail.find("it is a folder") != std::string::npos);
  CHECK(read_text_file("/proc/self/mem").error().code == Errc::kIo);
  CHECK(read_text_file("/dev/zero").error().code == Errc::kInvalidFile);
  CHECK(read_text_file(std::string(5000, 'a')).error().code == Errc::kIo);
  const auto missing = read_text_file("/nowhere");
  REQUIRE(missing.has_error());
  CHECK(missing.error().code == Errc::kIo);
  CHECK(missing.error().detail == "cannot read `/nowhere`");
}
