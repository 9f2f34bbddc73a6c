// A client may do something so many times a second, and as often at once after it has been quiet.
// Whoever does it more often is told so at once; nothing is remembered but one number.
#pragma once

#include <algorithm>
#include <chrono>
#include <optional>

#include "src/core/request.hpp"

namespace octavo {

class RateBucket {
 public:
  /// per_second: how often on average and at most at once; 0: as often as one likes.
  explicit RateBucket(double per_second) : per_second_(per_second), left_(per_second) {}

  /// Whether it may be done now; it counts if so. now: never goes back.
  bool take(TimePoint now) {
    if (per_second_ == 0) return true;
    left_ = left_at(now);
    last_ = now;
    if (left_ < 1) return false;
    left_ -= 1;
    return true;
  }
  /// Whether the whole allowance is there, so that a new bucket would behave alike.
  bool is_full(TimePoint now) const { return left_at(now) >= per_second_; }

 private:
  double left_at(TimePoint now) const {
    if (!last_) return left_;
    const double elapsed = std::chrono::duration<double>(now - *last_).count();
    return std::min(per_second_, left_ + elapsed * per_second_);
  }

  double per_second_;
  double left_;
  std::optional<TimePoint> last_;
};

}  // namespace octavo
