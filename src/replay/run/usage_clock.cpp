#include "src/replay/run/usage_clock.hpp"

#include <algorithm>

namespace octavo {
namespace {

constexpr std::size_t kMaxPieces = 720;

void add_scaled(StepUsage& sum, const StepUsage& usage, double factor) {
  sum.memory += usage.memory * factor;
  sum.batched += usage.batched * factor;
  sum.waiting += usage.waiting * factor;
  sum.waste_blocks_per_sequence += usage.waste_blocks_per_sequence * factor;
  sum.table_blocks += usage.table_blocks * factor;
  sum.saved_blocks += usage.saved_blocks * factor;
}

MemorySplit fractions(const MemorySplit& sum, double seconds, double num_slots) {
  if (seconds > 0) return sum * (1 / (seconds * num_slots));
  MemorySplit nothing_ran;
  nothing_ran.idle = 1;
  return nothing_ran;
}

}  // namespace

void UsageClock::Sums::add(const StepUsage& more, double for_seconds) {
  seconds += for_seconds;
  add_scaled(usage, more, for_seconds);
}

void UsageClock::Sums::join(const Sums& other) {
  seconds += other.seconds;
  add_scaled(usage, other.usage, 1);
}

UsageClock::Sums UsageClock::Sums::since(const Sums& earlier) const {
  Sums difference = *this;
  difference.seconds -= earlier.seconds;
  add_scaled(difference.usage, earlier.usage, -1);
  return difference;
}

void UsageClock::elapse(double seconds, const StepUsage& usage, bool is_bound) {
  is_bound = is_bound && seconds > 0;  // A step that only gives memory back says nothing.
  if (is_bound && !was_bound_) {
    was_bound_ = true;
    before_window_ = all_;
    window_start_s_ = now_s_;
  }
  all_.add(usage, seconds);
  plot(seconds, usage);
  now_s_ += seconds;
  if (is_bound) {
    at_window_end_ = all_;
    window_end_s_ = now_s_;
  }
}

void UsageClock::skip_to(double now_s, const StepUsage& usage) {
  if (now_s > now_s_) elapse(now_s - now_s_, usage, false);
  now_s_ = std::max(now_s, now_s_);
}

// Pieces of equal length; when there are too many, each two become one.
void UsageClock::plot(double seconds, const StepUsage& usage) {
  double from_s = now_s_;
  while (seconds > 0) {
    const auto piece = static_cast<std::size_t>(from_s / piece_s_);
    if (piece >= kMaxPieces) {
      for (std::size_t i = 0; i < pieces_.size(); ++i) {
        const Sums piece = pieces_[i];
        if (i % 2 == 0) pieces_[i / 2] = {};
        pieces_[i / 2].join(piece);
      }
      pieces_.resize((pieces_.size() + 1) / 2);
      piece_s_ *= 2;
      continue;
    }
    if (pieces_.size() <= piece) pieces_.resize(piece + 1);
    const double end_s = static_cast<double>(piece + 1) * piece_s_;
    const double part_s = end_s > from_s ? std::min(seconds, end_s - from_s) : seconds;
    pieces_[piece].add(usage, part_s);
    seconds -= part_s;
    from_s = end_s;
  }
}

void UsageClock::report(Outcome& outcome) const {
  const Sums window = was_bound_ ? at_window_end_.since(before_window_) : all_;
  outcome.was_bound = was_bound_;
  outcome.window_start_s = was_bound_ ? window_start_s_ : 0;
  outcome.window_end_s = was_bound_ ? window_end_s_ : now_s_;
  outcome.memory = fractions(window.usage.memory, window.seconds, num_slots_);
  const double scale = window.seconds > 0 ? 1 / window.seconds : 0;
  outcome.batched_mean = window.usage.batched * scale;
  outcome.waste_blocks_per_sequence = window.usage.waste_blocks_per_sequence * scale;
  // For the whole run: every request's life counts whole, its beginning and its end.
  if (all_.usage.table_blocks > 0)
    outcome.saved_fraction = all_.usage.saved_blocks / all_.usage.table_blocks;
  outcome.seconds = now_s_;
  for (std::size_t i = 0; i < pieces_.size(); ++i) {
    const Sums& piece = pieces_[i];
    if (piece.seconds <= 0) continue;
    outcome.timeline.push_back({static_cast<double>(i) * piece_s_, piece.seconds,
                                fractions(piece.usage.memory, piece.seconds, num_slots_),
                                piece.usage.batched / piece.seconds,
                                piece.usage.waiting / piece.seconds});
  }
}

}  // namespace octavo
