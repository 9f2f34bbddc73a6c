#include "src/replay/trace/gzip_file.hpp"

#include <zlib.h>

#include "tests/support/catch.hpp"
#include "tests/support/random.hpp"
#include "tests/support/temp_folder.hpp"

using namespace octavo;

namespace {

constexpr std::size_t kPieceBytes = std::size_t{1} << 18;  ///< Read at once.

std::string noise(std::size_t size) {
  testing::Random random(5);
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random.pick(0, 255));
  return bytes;
}

std::string packed(const std::string& text) {
  z_stream stream{};
  constexpr int kGzip = 15 + 16;
  REQUIRE(deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, kGzip, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string bytes(deflateBound(&stream, text.size()), '\0');
  std::string input = text;
  stream.next_in = reinterpret_cast<Bytef*>(input.data());
  stream.avail_in = static_cast<uInt>(input.size());
  stream.next_out = reinterpret_cast<Bytef*>(bytes.data());
  stream.avail_out = static_cast<uInt>(bytes.size());
  REQUIRE(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  bytes.resize(stream.total_out);
  deflateEnd(&stream);
  return bytes;
}

struct Folder : testing::TempFolder {
  Result<std::string> read(std::string_view bytes) const {
    write("file", bytes);
    return read_maybe_gzip(path() / "file");
  }
};

}  // namespace

TEST_CASE("a file comes out as it is, plain or packed, whatever its size is to a piece") {
  const Folder folder;
  const std::size_t size = GENERATE(std::size_t{0}, std::size_t{1}, kPieceBytes - 1, kPieceBytes,
                                    kPieceBytes + 1, 2 * kPieceBytes, 3 * kPieceBytes + 5);
  CAPTURE(size);
  const std::string bytes = noise(size);
  CHECK((folder.read(bytes).value() == bytes));
  CHECK((folder.read(packed(bytes)).value() == bytes));
}

TEST_CASE("packed files one behind the other are one file") {
  const Folder folder;
  CHECK(folder.read(packed("input\n") + packed("5\n") + packed("6\n")).value() == "input\n5\n6\n");
}

TEST_CASE("zero bytes and line ends are kept") {
  const Folder folder;
  const std::string bytes("a\0\r\nb\r\n\0", 8);
  CHECK(folder.read(bytes).value() == bytes);
  CHECK(folder.read(packed(bytes)).value() == bytes);
}

TEST_CASE("packed data that is damaged or cut off is refused wherever it is") {
  const Folder folder;
  const std::string bytes = packed(noise(2 * kPieceBytes + 5));
  std::string flipped = bytes;
  flipped[bytes.size() / 2] = static_cast<char>(flipped[bytes.size() / 2] ^ 0x10);
  std::string wrong_sum = bytes;
  wrong_sum[bytes.size() - 8] = static_cast<char>(wrong_sum[bytes.size() - 8] ^ 1);
  for (const std::string& bad :
       {bytes.substr(0, bytes.size() - 1), bytes.substr(0, bytes.size() / 2), bytes.substr(0, 12),
        flipped, wrong_sum, packed("whole\n") + packed("cut\n").substr(0, 15)}) {
    CAPTURE(bad.size());
    const auto text = folder.read(bad);
    REQUIRE(text.has_error());
    CHECK(text.error().code == Errc::kInvalidFile);
    CHECK(text.error().detail.find((folder.path() / "file").string() +
                                   ": the gzip data is damaged or cut off (") == 0);
  }
}

TEST_CASE("packed data without all of its trailer is refused, whatever buffer its text fills") {
  const Folder folder;
  const std::size_t size =
      GENERATE(std::size_t{0}, std::size_t{8192}, std::size_t{16384}, std::size_t{32768},
               kPieceBytes, 2 * kPieceBytes, 4 * kPieceBytes);
  const std::string whole = packed(std::string(size, 'a'));
  CHECK(folder.read(whole).value().size() == size);
  for (std::size_t cut = 1; cut <= 10; ++cut) {
    CAPTURE(size, cut);
    for (const std::string& before : {std::string(), packed("a member before\n")}) {
      const auto text = folder.read(before + whole.substr(0, whole.size() - cut));
      REQUIRE(text.has_error());
      CHECK(text.error().detail.find("damaged or cut off") != std::string::npos);
    }
  }
}

TEST_CASE("padding behind packed data is left out, and two bytes of gzip are not a file") {
  const Folder folder;
  CHECK(folder.read(packed("text\n") + std::string(512, '\0')).value() == "text\n");
  CHECK(folder.read("\x1F\x8B").has_error());
  CHECK(folder.read("\x1F").value() == "\x1F");
}

TEST_CASE("what cannot be read is the system's fault and says which file") {
  const Folder folder;
  const std::string missing = folder.path() / "missing";
  const auto text = read_maybe_gzip(missing);
  REQUIRE(text.has_error());
  CHECK(text.error().code == Errc::kIo);
  CHECK(text.error().detail == missing + ": No such file or directory");
  const auto directory = read_maybe_gzip(folder.path());
  REQUIRE(directory.has_error());
  CHECK(directory.error().code == Errc::kIo);
  CHECK(directory.error().detail.find("is a folder, and a trace is a file") != std::string::npos);
  folder.write("file", "");
  const auto behind_a_file = read_maybe_gzip(folder.path() / "file" / "more");
  REQUIRE(behind_a_file.has_error());
  CHECK(behind_a_file.error().detail.find("Not a directory") != std::string::npos);
}
