// When a connection breaks, its client misses events of a response that runs on. This log keeps the
// events of one response as they were sent, so that the client can resume over another connection:
// it receives what it missed, and then hears what comes. The log is bounded; the oldest events are
// dropped first. Thread: the io thread's only.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "src/core/result.hpp"

namespace octavo {

class EventLog {
 public:
  class Listener {
   public:
    virtual ~Listener() = default;
    /// is_last: this event ends the response. The listener may call unlisten() from here.
    virtual void hear(const std::string& frame, bool is_last) = 0;
  };

  explicit EventLog(std::size_t max_bytes) : max_bytes_(max_bytes) {}

  void append(std::string frame, bool is_last) {
    num_bytes_ += frame.size();
    frames_.push_back(std::move(frame));
    while (frames_.size() > 1 && num_bytes_ > max_bytes_) {
      num_bytes_ -= frames_.front().size();
      frames_.pop_front();
      ++first_;
    }
    has_ended_ = is_last;
    const std::vector<Listener*> hearing = listeners_;
    for (Listener* each : hearing) {
      if (std::ranges::find(listeners_, each) != listeners_.end())
        each->hear(frames_.back(), is_last);
    }
  }

  /// Events are numbered from 0; this is the number of the next.
  std::int64_t num_events() const { return first_ + static_cast<std::int64_t>(frames_.size()); }
  bool has_ended() const { return has_ended_; }
  std::size_t num_bytes() const { return num_bytes_; }

  /// The events after that number, -1 for all. Errors: kResumeWindowExceeded where some of them are
  /// no longer kept; kInvalidValue for a number that has not come yet.
  [[nodiscard]] Result<std::vector<std::string>> after(std::int64_t number) const {
    if (number < -1 || number >= num_events()) {
      return Error{Errc::kInvalidValue,
                   "starting_after must be the number of an event that came, and the last is " +
                       std::to_string(num_events() - 1),
                   "starting_after"};
    }
    if (number + 1 < first_) {
      return Error{Errc::kResumeWindowExceeded,
                   "the events up to " + std::to_string(first_ - 1) + " are no longer kept",
                   "starting_after"};
    }
    return std::vector<std::string>(frames_.begin() + (number + 1 - first_), frames_.end());
  }

  void listen(Listener& listener) { listeners_.push_back(&listener); }
  void unlisten(Listener& listener) { std::erase(listeners_, &listener); }
  bool has_listeners() const { return !listeners_.empty(); }

 private:
  std::size_t max_bytes_;
  std::deque<std::string> frames_;
  std::int64_t first_ = 0;  ///< The number of the oldest.
  std::size_t num_bytes_ = 0;
  bool has_ended_ = false;
  std::vector<Listener*> listeners_;
};

}  // namespace octavo
