#include "src/replay/trace/gzip_file.hpp"

#include <zlib.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>

namespace octavo {
namespace {

constexpr std::size_t kMaxBytes = std::size_t{1} << 30;
constexpr std::size_t kPieceBytes = std::size_t{1} << 18;

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

Error too_large(const std::string& path) {
  return Error{Errc::kInvalidFile, path + ": larger than a GiB unpacked", ""};
}

Error refused_by_system(const std::string& path) {
  return Error{Errc::kIo, path + ": " + std::strerror(errno), ""};
}

Result<std::string> read_file(const std::string& path) {
  errno = 0;
  const std::unique_ptr<std::FILE, CloseFile> file(std::fopen(path.c_str(), "rb"));
  if (!file) return refused_by_system(path);
  std::string bytes;
  std::size_t count = kPieceBytes;
  while (count == kPieceBytes) {
    const std::size_t size = bytes.size();
    bytes.resize(size + kPieceBytes);
    count = std::fread(bytes.data() + size, 1, kPieceBytes, file.get());
    bytes.resize(size + count);
    if (bytes.size() > kMaxBytes) return too_large(path);
  }
  if (std::ferror(file.get()) != 0) return refused_by_system(path);
  return bytes;
}

/// Takes gzip members apart. zlib's own reader of files forgets to say that a file ends within a
/// member when what came before filled its buffer to the last byte.
class Inflater {
 public:
  Inflater() {
    constexpr int kGzip = 15 + 16;  // The largest window, and gzip's header and trailer.
    is_ready_ = inflateInit2(&stream_, kGzip) == Z_OK;
  }
  ~Inflater() {
    if (is_ready_) inflateEnd(&stream_);
  }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  Result<std::string> unpack(std::string& packed, const std::string& path) {
    if (!is_ready_) return Error{Errc::kOutOfMemory, path + ": no memory to unpack it", ""};
    stream_.next_in = reinterpret_cast<Bytef*>(packed.data());
    stream_.avail_in = static_cast<uInt>(packed.size());  // At most kMaxBytes.
    std::string text;
    for (;;) {
      const std::size_t size = text.size();
      text.resize(size + kPieceBytes);
      stream_.next_out = reinterpret_cast<Bytef*>(text.data() + size);
      stream_.avail_out = kPieceBytes;
      const int status = inflate(&stream_, Z_NO_FLUSH);
      text.resize(text.size() - stream_.avail_out);
      if (text.size() > kMaxBytes) return too_large(path);
      if (status == Z_STREAM_END) {
        if (!begins_member()) return text;  // What follows the last member is padding.
        inflateReset(&stream_);
      } else if (status != Z_OK) {  // Z_BUF_ERROR: there is room, so the input has ended.
        const char* why = status == Z_BUF_ERROR || stream_.msg == nullptr ? "unexpected end of file"
                                                                          : stream_.msg;
        return Error{Errc::kInvalidFile,
                     path + ": the gzip data is damaged or cut off (" + why + ")", ""};
      }
    }
  }

 private:
  bool begins_member() const {
    return stream_.avail_in > 1 && stream_.next_in[0] == 0x1F && stream_.next_in[1] == 0x8B;
  }

  z_stream stream_{};
  bool is_ready_ = false;
};

}  // namespace

Result<std::string> read_maybe_gzip(const std::string& path) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored))
    return Error{Errc::kIo, path + ": is a folder, and a trace is a file", ""};
  auto bytes = read_file(path);
  if (!bytes || !bytes->starts_with("\x1F\x8B")) return bytes;
  return Inflater().unpack(*bytes, path);
}

}  // namespace octavo
