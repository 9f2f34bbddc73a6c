// The report as a page: what it was about in two lines, the answer in large figures, then the
// pictures and what they mean. The words and the order are the template's (src/web/report), the
// figures are put together here.
#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include "src/core/error.hpp"
#include "src/replay/report/page_plots.hpp"
#include "src/replay/report/page_template.hpp"
#include "src/replay/report/report.hpp"
#include "src/replay/report/report_text.hpp"
#include "src/web/assets.hpp"

namespace octavo {
namespace {

namespace json = boost::json;

std::string percent(double fraction) { return decimal(100 * fraction, 1) + " %"; }

const Outcome* find(const ReplayReport& report, KvAllocator allocator) {
  for (const Outcome& outcome : report.outcomes) {
    if (outcome.label.empty() && outcome.allocator == allocator) return &outcome;
  }
  return nullptr;
}

json::object card(const std::string& figure, const std::string& meaning) {
  return {{"figure", figure}, {"meaning", meaning}};
}

json::array cards(const ReplayReport& report) {
  json::array cards;
  const Outcome* paged = find(report, KvAllocator::kPaged);
  if (paged == nullptr) return cards;
  cards.push_back(
      card(percent(paged->memory.tokens), "of the memory holds tokens when it is paged"));
  for (const KvAllocator allocator : {KvAllocator::kOrcaMax, KvAllocator::kOrcaOracle}) {
    const Outcome* other = find(report, allocator);
    if (other == nullptr || other->batched_mean <= 0) continue;
    cards.push_back(card(decimal(paged->batched_mean / other->batched_mean, 1) + " x",
                         "the requests at once of " + title_of(allocator) + ": " +
                             decimal(paged->batched_mean, 1) + " instead of " +
                             decimal(other->batched_mean, 1)));
  }
  if (!report.sampling.empty()) {
    cards.push_back(card(percent(paged->saved_fraction),
                         "of the blocks saved by sharing, with " + report.sampling));
  } else if (paged->prefix_hit_fraction > 0) {
    cards.push_back(card(percent(paged->prefix_hit_fraction),
                         "of the prompts' tokens found in the prefix cache"));
  } else {
    cards.push_back(
        card(decimal(paged->waste_blocks_per_sequence, 2), "blocks wasted a sequence, by paging"));
  }
  return cards;
}

// In the unit of the plot's axis.
std::string end_text(double seconds) {
  return seconds < 120 ? duration_text(seconds) : decimal(seconds / 60, 1) + " min";
}

/// A row of the table, in the order of the template's headings.
json::array cells(const Outcome& outcome) {
  return {percent(outcome.memory.tokens),
          percent(outcome.memory.reserved),
          percent(outcome.memory.internal),
          percent(outcome.memory.external),
          percent(outcome.memory.idle),
          decimal(outcome.batched_mean, 2),
          grouped(outcome.batched_peak),
          duration_text(outcome.normalized_latency_s_mean),
          duration_text(outcome.normalized_latency_s_p99),
          grouped(outcome.num_preempted_by_swap),
          grouped(outcome.num_preempted_by_recompute),
          percent(outcome.prefix_hit_fraction),
          grouped(outcome.num_requests),
          grouped(outcome.num_rejected),
          duration_text(outcome.seconds)};
}

json::object values_of(const Outcome& outcome, const ReplayReport& report) {
  json::object values{{"title", title_of(outcome)},
                      {"end", end_text(outcome.seconds)},
                      {"over_time", memory_over_time(outcome)},
                      {"cells", cells(outcome)},
                      {"was_never_bound", !outcome.was_bound},
                      {"pool", nullptr}};
  if (outcome.pool.blocks.empty()) return values;
  values["pool"] = pool_picture(outcome, report);
  values["pool_requests"] = grouped(outcome.pool.num_requests);
  values["pool_tokens"] = percent(outcome.pool.memory.tokens);
  return values;
}

std::string_view template_file(std::string_view name) {
  const Asset* file = find_report_file("/" + std::string(name));
  OCTAVO_ASSERT(file != nullptr);
  return file->body;
}

}  // namespace

std::string page_of(const ReplayReport& report) {
  const bool is_cut = static_cast<std::size_t>(report.num_blocks) > kMaxShownBlocks;
  json::array outcomes;
  for (const Outcome& outcome : report.outcomes) outcomes.push_back(values_of(outcome, report));
  const json::object values{
      // A file by its own name; where it lay is of no use to a reader.
      {"name", report.trace.substr(report.trace.rfind('/') + 1)},
      {"load", load_sentence(report)},
      {"engine", engine_sentence(report)},
      {"cards", cards(report)},
      {"is_recorded", report.labelled("recorded") != nullptr},
      {"bars", memory_bars(report)},
      {"batched", batched_over_time(report)},
      {"outcomes", std::move(outcomes)},
      {"block_size", std::to_string(report.block_size)},
      {"shown", is_cut ? grouped(static_cast<std::int64_t>(kMaxShownBlocks)) : ""},
      {"num_blocks", grouped(report.num_blocks)},
      {"step_times", report.step_times},
      {"num_unknown_outputs",
       report.num_unknown_outputs > 0 ? grouped(report.num_unknown_outputs) : ""}};
  return fill_template(template_file("report.html"), values, template_file);
}

}  // namespace octavo
