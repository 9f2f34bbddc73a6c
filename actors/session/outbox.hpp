// Frames on their way to one client, bounded: above the soft mark the session merges deltas, above
// the hard mark it gives the client up. The end of a response is as large as the client has asked
// for, and alone no sign that nobody reads. One writer takes frames out; a bell wakes it when there
// is something to do. Thread: the io thread's only.
#pragma once

#include <algorithm>
#include <boost/asio/any_io_executor.hpp>
#include <deque>
#include <optional>
#include <string>

#include "actors/runtime/bell.hpp"
#include "protocol/close_code.hpp"

namespace octavo {

class Outbox {
 public:
  explicit Outbox(const boost::asio::any_io_executor& executor, std::size_t soft_bytes,
                  std::size_t hard_bytes)
      : bell_(executor), soft_bytes_(soft_bytes), hard_bytes_(hard_bytes) {}

  void push(std::string frame) {
    if (close_ || abandoned_) return;
    bytes_ += frame.size();
    frames_.push_back(std::move(frame));
    bell_.ring();
  }
  std::optional<std::string> pop() {
    if (frames_.empty()) return std::nullopt;
    std::string frame = std::move(frames_.front());
    frames_.pop_front();
    bytes_ -= frame.size();
    if (!is_congested()) excused_bytes_ = 0;
    return frame;
  }
  /// So many bytes may lie above the hard mark until the client has read down to the soft one: the
  /// end of one response. The largest counts.
  void excuse(std::size_t num_bytes) { excused_bytes_ = std::max(excused_bytes_, num_bytes); }
  /// After the frames that are queued, the writer closes and says why. The first call wins.
  void close(CloseReason reason) {
    if (!close_) close_ = std::move(reason);
    bell_.ring();
  }
  /// The writer leaves at once: nobody reads any more.
  void abandon() {
    frames_.clear();
    bytes_ = 0;
    abandoned_ = true;
    bell_.ring();
  }

  std::size_t num_bytes() const { return bytes_; }
  bool is_empty() const { return frames_.empty(); }
  bool is_congested() const { return bytes_ > soft_bytes_; }
  bool is_over_limit() const { return bytes_ > hard_bytes_ + excused_bytes_; }
  bool is_abandoned() const { return abandoned_; }
  const std::optional<CloseReason>& close_reason() const { return close_; }
  Bell& bell() { return bell_; }

 private:
  Bell bell_;  ///< Wakes the writer.
  std::deque<std::string> frames_;
  std::size_t bytes_ = 0;
  std::size_t excused_bytes_ = 0;
  std::size_t soft_bytes_;
  std::size_t hard_bytes_;
  std::optional<CloseReason> close_;
  bool abandoned_ = false;
};

}  // namespace octavo
