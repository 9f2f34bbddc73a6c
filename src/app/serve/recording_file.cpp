#include "src/app/serve/recording_file.hpp"

#include <fcntl.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace octavo {

Result<std::unique_ptr<RecordingFile>> RecordingFile::create(const std::string& path) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) {
    return Error{Errc::kIo,
                 "--record: cannot write `" + path + "`: " + std::strerror(errno) +
                     "; name a file in a folder that exists and may be written to",
                 "record"};
  }
  return std::unique_ptr<RecordingFile>(new RecordingFile(file, path));
}

RecordingFile::RecordingFile(int file, std::string path)
    : file_(file), path_(std::move(path)), writer_([this] { run(); }) {}

RecordingFile::~RecordingFile() {
  finish();
  ::close(file_);
}

bool RecordingFile::append(std::string piece) {
  {
    const std::lock_guard lock(mutex_);
    if (has_failed_ || is_closing_) return false;
    num_bytes_ += piece.size();
    pieces_.push_back(std::move(piece));
    if (num_bytes_ > kMaxBehind) give_up("the disk is too slow");
  }
  wakes_.notify_one();
  return true;
}

bool RecordingFile::finish() {
  {
    const std::lock_guard lock(mutex_);
    is_closing_ = true;
  }
  wakes_.notify_one();
  if (writer_.joinable()) writer_.join();
  return !has_failed_;
}

void RecordingFile::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    wakes_.wait(lock, [this] { return is_closing_ || !pieces_.empty(); });
    if (pieces_.empty()) return;
    const std::string piece = std::move(pieces_.front());
    pieces_.pop_front();
    lock.unlock();
    const bool is_written = write(piece);
    const std::string why = std::strerror(errno);
    lock.lock();
    num_bytes_ -= std::min(num_bytes_, piece.size());
    if (!is_written) give_up(why);
  }
}

bool RecordingFile::write(const std::string& piece) const {
  for (std::size_t done = 0; done < piece.size();) {
    const ssize_t count = ::write(file_, piece.data() + done, piece.size() - done);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return false;
    done += static_cast<std::size_t>(count);
  }
  return true;
}

// With the mutex held.
void RecordingFile::give_up(const std::string& why) {
  pieces_.clear();
  num_bytes_ = 0;
  if (std::exchange(has_failed_, true)) return;
  spdlog::error("record: file={} recording ends here, serving goes on: {}", path_, why);
}

}  // namespace octavo
