// The file of a recording, written by a thread of its own, so that neither a slow disk nor a full
// one ever holds up the scheduler: then the recording ends, which is logged once, and serving goes
// on.
#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "src/core/result.hpp"

namespace octavo {

class RecordingFile {
 public:
  /// Makes the file, for its owner alone; one that is there already is emptied. Errors: kIo, with
  /// what can be done.
  [[nodiscard]] static Result<std::unique_ptr<RecordingFile>> create(const std::string& path);
  /// Writes what is left.
  ~RecordingFile();
  RecordingFile(const RecordingFile&) = delete;
  RecordingFile& operator=(const RecordingFile&) = delete;

  /// False once the file cannot be written, or lags by more than kMaxBehind. Never blocks on
  /// the disk. Thread: any.
  bool append(std::string piece);
  /// Waits until everything is written. Answers whether all of it was. Thread: the owner's.
  bool finish();

  const std::string& path() const { return path_; }

  static constexpr std::size_t kMaxBehind = std::size_t{64} << 20;  ///< Bytes.

 private:
  RecordingFile(int file, std::string path);

  void run();
  bool write(const std::string& piece) const;
  void give_up(const std::string& why);

  int file_;
  std::string path_;
  std::mutex mutex_;  ///< Guards all below.
  std::condition_variable wakes_;
  std::deque<std::string> pieces_;
  std::size_t num_bytes_ = 0;  ///< In `pieces_`.
  bool is_closing_ = false;
  bool has_failed_ = false;
  std::thread writer_;
};

}  // namespace octavo
