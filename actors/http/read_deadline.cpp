#include "actors/http/read_deadline.hpp"

#include <utility>

namespace octavo {
namespace {

constexpr std::chrono::seconds kUntilClosed{1};

}  // namespace

void ReadDeadline::begin(std::chrono::milliseconds limit, std::shared_ptr<const void> owner) {
  state_ = State::kReading;
  stream_.expires_after(limit + kUntilClosed);
  timer_.expires_after(limit);
  timer_.async_wait([this, owner = std::move(owner)](boost::system::error_code error) {
    const bool is_for_this_read =
        !error && state_ == State::kReading && timer_.expiry() <= std::chrono::steady_clock::now();
    if (!is_for_this_read) return;
    state_ = State::kLate;
    stream_.cancel_read();
  });
}

bool ReadDeadline::end() {
  timer_.cancel();
  return std::exchange(state_, State::kNone) == State::kLate;
}

}  // namespace octavo
