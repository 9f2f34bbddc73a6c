#include "src/replay/trace/gzip_file.hpp"

#include <zlib.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>

namespace octavo {
namespace {

constexpr std::size_t kMaxBytes = std::size_t{1} << 30;
constexpr std::size_t kPieceBytes = std::size_t{1} << 18;

struct CloseGzip {
  void operator()(gzFile_s* file) const { gzclose(file); }
};

}  // namespace

Result<std::string> read_maybe_gzip(const std::string& path) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored))
    return Error{Errc::kIo, path + ": is a folder, and a trace is a file", ""};
  errno = 0;
  const std::unique_ptr<gzFile_s, CloseGzip> file(gzopen(path.c_str(), "rb"));
  if (!file) return Error{Errc::kIo, path + ": " + std::strerror(errno), ""};
  std::string text;
  std::size_t size = 0;
  for (;;) {
    text.resize(size + kPieceBytes);
    const int count = gzread(file.get(), text.data() + size, kPieceBytes);
    int status = Z_OK;
    const char* reason = gzerror(file.get(), &status);
    if (count < 0 || (status != Z_OK && status != Z_STREAM_END)) {
      if (status == Z_ERRNO) return Error{Errc::kIo, path + ": " + std::strerror(errno), ""};
      return Error{Errc::kInvalidFile,
                   path + ": the gzip data is damaged or cut off (" + reason + ")", ""};
    }
    size += static_cast<std::size_t>(count);
    if (size > kMaxBytes)
      return Error{Errc::kInvalidFile, path + ": larger than a GiB unpacked", ""};
    if (static_cast<std::size_t>(count) < kPieceBytes) break;
  }
  text.resize(size);
  return text;
}

}  // namespace octavo
