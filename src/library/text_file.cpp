#include "src/library/text_file.hpp"

#include <array>
#include <filesystem>
#include <fstream>

#include "src/core/bytes.hpp"

namespace octavo {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxTextBytes = std::size_t{64} << 20;  // /dev/zero has no end.

}  // namespace

Result<std::string> read_text_file(const std::string& path) {
  std::error_code ignored;
  if (fs::is_directory(path, ignored))
    return Error{Errc::kIo, "cannot read `" + path + "`: it is a folder", ""};
  std::ifstream file(path, std::ios::binary);
  std::string text;
  std::array<char, 1 << 16> piece{};
  do {
    file.read(piece.data(), piece.size());
    text.append(piece.data(), static_cast<std::size_t>(file.gcount()));
    if (text.size() > kMaxTextBytes) {
      return Error{Errc::kInvalidFile,
                   "`" + path + "` is larger than " + format_bytes(kMaxTextBytes), ""};
    }
  } while (file);
  if (!file.eof() || file.bad()) return Error{Errc::kIo, "cannot read `" + path + "`", ""};
  return text;
}

}  // namespace octavo
