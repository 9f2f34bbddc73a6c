// Where the server's log goes: standard error, as text or as JSON lines. A line that cannot be
// written at once, because whoever should read it does not or the disk is full, is left out and
// counted, so that a log never holds up an answer.
#pragma once

#include <spdlog/sinks/base_sink.h>

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>

namespace octavo {

/// Writes to a descriptor that stays the caller's.
class LogSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit LogSink(int descriptor) : descriptor_(descriptor) {}
  std::uint64_t num_dropped() const { return num_dropped_.load(std::memory_order_relaxed); }

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override;
  void flush_() override {}

 private:
  bool write(std::string_view bytes);

  int descriptor_;
  bool is_in_line_ = false;  ///< The last line was cut, and the next must not go on with it.
  std::atomic<std::uint64_t> num_dropped_{0};
};

/// Makes it the default logger's only sink, and a closed pipe no reason to die. format: `text` or
/// `json`.
std::shared_ptr<LogSink> open_log(const std::string& level, const std::string& format);

/// Debug lines on or off, beside the level that was given; told in the log.
void toggle_debug_log(const std::string& level);

}  // namespace octavo
