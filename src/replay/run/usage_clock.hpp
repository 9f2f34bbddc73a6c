// Averages over virtual time: of the whole run, of the window in which memory was the bound, and of
// a few hundred pieces for a plot.
#pragma once

#include <cstdint>
#include <vector>

#include "src/replay/run/outcome.hpp"

namespace octavo {

/// What held during one step.
struct StepUsage {
  MemorySplit memory;  ///< Slots.
  double batched = 0;
  double waiting = 0;
  double waste_blocks_per_sequence = 0;
  double table_blocks = 0;  ///< Blocks of all tables; one that is in several counts for each.
  double saved_blocks = 0;  ///< How many fewer blocks there really are, thanks to sharing.
};

class UsageClock {
 public:
  explicit UsageClock(double num_slots) : num_slots_(num_slots) {}

  /// `is_bound`: requests wait although the step had room for them.
  void elapse(double seconds, const StepUsage& usage, bool is_bound);
  double now_s() const { return now_s_; }
  /// Nothing happens for a while.
  void skip_to(double now_s, const StepUsage& usage);

  /// Sets the members of `outcome` that are means over time, and the timeline.
  void report(Outcome& outcome) const;

 private:
  struct Sums {
    double seconds = 0;
    StepUsage usage;  ///< Times seconds.
    void add(const StepUsage& usage, double seconds);
    void join(const Sums& other);
    Sums since(const Sums& earlier) const;
  };

  void plot(double seconds, const StepUsage& usage);

  double num_slots_;
  double now_s_ = 0;
  Sums all_;
  Sums before_window_;
  Sums at_window_end_;
  double window_start_s_ = 0;
  double window_end_s_ = 0;
  bool was_bound_ = false;
  std::vector<Sums> pieces_;
  double piece_s_ = 1e-3;
};

}  // namespace octavo
