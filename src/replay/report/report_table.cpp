// The report on a terminal: one row an allocator.
#include <array>
#include <cstdio>

#include "src/replay/report/report.hpp"
#include "src/replay/report/report_text.hpp"

namespace octavo {
namespace {

std::string percent(double fraction) { return decimal(100 * fraction, 1); }

std::string row(const std::array<std::string, 12>& cells) {
  constexpr std::array<int, 12> kWidths{-12, 7, 9, 9, 9, 6, 9, 6, 12, 11, 8, 9};
  std::string line;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    std::array<char, 64> cell{};
    std::snprintf(cell.data(), cell.size(), "%*s", kWidths[i], cells[i].c_str());
    line += cell.data();
  }
  return line + "\n";
}

std::string row_of(const Outcome& outcome) {
  const std::string preempted =
      std::to_string(outcome.num_preempted_by_swap + outcome.num_preempted_by_recompute);
  return row({std::string(name_of(outcome)), percent(outcome.memory.tokens),
              percent(outcome.memory.reserved), percent(outcome.memory.internal),
              percent(outcome.memory.external), percent(outcome.memory.idle),
              decimal(outcome.batched_mean, 2), std::to_string(outcome.batched_peak),
              duration_text(outcome.normalized_latency_s_mean), preempted,
              percent(outcome.prefix_hit_fraction), duration_text(outcome.seconds)});
}

std::string notes_of(const ReplayReport& report) {
  std::string notes;
  for (const Outcome& outcome : report.outcomes) {
    const std::string name(name_of(outcome));
    if (!outcome.was_bound)
      notes += name + ": memory was never the bound; the means are of the whole run\n";
    if (outcome.allocator != KvAllocator::kPaged) continue;
    notes += name + " wastes " + decimal(outcome.waste_blocks_per_sequence, 2) +
             " blocks a sequence; preempted " + grouped(outcome.num_preempted_by_swap) +
             " times by swap and " + grouped(outcome.num_preempted_by_recompute) +
             " by recompute\n";
    if (!report.sampling.empty())
      notes += report.sampling + " saves " + percent(outcome.saved_fraction) + " % of the blocks\n";
  }
  if (!report.outcomes.empty() && report.outcomes.back().num_rejected > 0) {
    notes += grouped(report.outcomes.back().num_rejected) +
             " requests were longer than the context and rejected\n";
  }
  if (report.num_unknown_outputs > 0) {
    notes += grouped(report.num_unknown_outputs) +
             " rows tell no output; they were replayed with 1 token\n";
  }
  if (!report.step_times.empty()) notes += report.step_times + "\n";
  return notes;
}

}  // namespace

std::string table_of(const ReplayReport& report) {
  std::string text =
      report.trace + ": " + load_sentence(report) + "\n" + engine_sentence(report) + "\n\n";
  text += row({"", "", "% of the", "memory,", "", "", "requests", "at", "latency /", "", "prefix",
               "virtual"});
  text += row({"allocator", "tokens", "reserved", "internal", "external", "idle", "batched", "peak",
               "out token", "preempted", "hits %", "time"});
  for (const Outcome& outcome : report.outcomes) text += row_of(outcome);
  return text + "\n" + notes_of(report);
}

}  // namespace octavo
