// How much there was within the last minute, whenever that minute began: a limit "per minute" that
// counted by the clock's minutes would let twice as much through around the turn of one. What came
// within a tenth of a second is one entry, so the memory is bounded, and an entry leaves a tenth of
// a second late at most.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>

#include "src/core/request.hpp"

namespace octavo {

class MinuteWindow {
 public:
  static constexpr std::chrono::seconds kLength{60};
  static constexpr std::chrono::milliseconds kGrain{100};

  /// now: never goes back.
  void add(std::int64_t amount, TimePoint now) {
    forget(now);
    sum_ += amount;
    if (!entries_.empty() && now < entries_.back().until)
      entries_.back().amount += amount;
    else
      entries_.push_back({now + kGrain, amount});
  }
  std::int64_t sum(TimePoint now) {
    forget(now);
    return sum_;
  }
  /// How long until `amount` more would stay within `limit`: zero when it does so now. amount <=
  /// limit.
  std::chrono::nanoseconds time_until(std::int64_t amount, std::int64_t limit, TimePoint now) {
    std::int64_t left = sum(now);
    std::chrono::nanoseconds wait{0};
    for (const Entry& entry : entries_) {
      if (left + amount <= limit) break;
      left -= entry.amount;
      wait = entry.until + kLength - now;
    }
    return wait;
  }

 private:
  struct Entry {
    TimePoint until;  ///< The end of the tenth of a second in which it came.
    std::int64_t amount = 0;
  };
  void forget(TimePoint now) {
    while (!entries_.empty() && entries_.front().until + kLength <= now) {
      sum_ -= entries_.front().amount;
      entries_.pop_front();
    }
  }

  std::deque<Entry> entries_;  ///< Oldest first; at most 601.
  std::int64_t sum_ = 0;
};

}  // namespace octavo
