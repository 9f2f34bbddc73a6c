// The report as a page: what it was about in two lines, the answer in large figures, then the
// pictures and what they mean.
#include <algorithm>

#include "src/replay/page_plots.hpp"
#include "src/replay/page_style.hpp"
#include "src/replay/report.hpp"
#include "src/replay/report_text.hpp"

namespace octavo {
namespace {

std::string percent(double fraction) { return decimal(100 * fraction, 1) + " %"; }

const Outcome* find(const ReplayReport& report, KvAllocator allocator) {
  for (const Outcome& outcome : report.outcomes) {
    if (outcome.label.empty() && outcome.allocator == allocator) return &outcome;
  }
  return nullptr;
}

std::string card(const std::string& figure, const std::string& meaning) {
  return "<div class=\"card\"><b>" + figure + "</b><span>" + meaning + "</span></div>";
}

std::string cards(const ReplayReport& report) {
  const Outcome* paged = find(report, KvAllocator::kPaged);
  if (paged == nullptr) return "";
  std::string body =
      card(percent(paged->memory.tokens), "of the memory holds tokens when it is paged");
  for (const KvAllocator allocator : {KvAllocator::kOrcaMax, KvAllocator::kOrcaOracle}) {
    const Outcome* other = find(report, allocator);
    if (other == nullptr || other->batched_mean <= 0) continue;
    body += card(decimal(paged->batched_mean / other->batched_mean, 1) + " x",
                 "the requests at once of " + title_of(allocator) + ": " +
                     decimal(paged->batched_mean, 1) + " instead of " +
                     decimal(other->batched_mean, 1));
  }
  if (!report.sampling.empty()) {
    body += card(percent(paged->saved_fraction),
                 "of the blocks saved by sharing, with " + escaped(report.sampling));
  } else if (paged->prefix_hit_fraction > 0) {
    body += card(percent(paged->prefix_hit_fraction),
                 "of the prompts' tokens found in the prefix cache");
  } else {
    body +=
        card(decimal(paged->waste_blocks_per_sequence, 2), "blocks wasted a sequence, by paging");
  }
  return "<div class=\"cards\">" + body + "</div>";
}

std::string key() {
  const auto entry = [](const char* name, const char* meaning) {
    return std::string("<li><i style=\"background:var(--") + name + ")\"></i><b>" + name + "</b> " +
           meaning + "</li>";
  };
  return "<ul class=\"key\">" + entry("tokens", "hold keys and values") +
         entry("reserved", "this request will fill them later") +
         entry("internal", "kept for a request that never will") +
         entry("external", "free, or lost between reservations") + "</ul>";
}

std::string figure(const std::string& caption, const std::string& body) {
  return "<figure><figcaption>" + caption + "</figcaption>" + body + "</figure>";
}

/// A figure whose picture is scrolled where it would be too small to read.
std::string wide_figure(const std::string& caption, const std::string& picture,
                        const std::string& below) {
  return figure(caption, "<div class=\"wide\">" + picture + "</div>" + below);
}

// In the unit of the plot's axis.
std::string end_text(double seconds) {
  return seconds < 120 ? duration_text(seconds) : decimal(seconds / 60, 1) + " min";
}

std::string over_time(const ReplayReport& report) {
  std::string body;
  for (const Outcome& outcome : report.outcomes) {
    body += figure(title_of(outcome) + " <span>done after " + end_text(outcome.seconds) + "</span>",
                   memory_over_time(outcome));
  }
  return "<div class=\"two\">" + body + "</div>";
}

std::string pools(const ReplayReport& report) {
  std::string body;
  for (const Outcome& outcome : report.outcomes) {
    if (outcome.pool.blocks.empty()) continue;
    body += figure(title_of(outcome) + " <span>" + grouped(outcome.pool.num_requests) +
                       " requests, " + percent(outcome.pool.memory.tokens) + " tokens</span>",
                   pool_picture(outcome, report));
  }
  return "<div class=\"four\">" + body + "</div>";
}

std::string cell(const std::string& text) { return "<td>" + text + "</td>"; }

std::string figures(const ReplayReport& report) {
  std::string body =
      "<table><tr><th></th><th>tokens</th><th>reserved</th><th>internal</th><th>external</th>"
      "<th>at once</th><th>peak</th><th>latency a token</th><th>99th</th><th>swapped</th>"
      "<th>recomputed</th><th>prefix hits</th><th>finished</th><th>rejected</th><th>time</th></tr>";
  for (const Outcome& outcome : report.outcomes) {
    body += "<tr>" + cell(title_of(outcome)) + cell(percent(outcome.memory.tokens)) +
            cell(percent(outcome.memory.reserved)) + cell(percent(outcome.memory.internal)) +
            cell(percent(outcome.memory.external)) + cell(decimal(outcome.batched_mean, 2)) +
            cell(grouped(outcome.batched_peak)) +
            cell(duration_text(outcome.normalized_latency_s_mean)) +
            cell(duration_text(outcome.normalized_latency_s_p99)) +
            cell(grouped(outcome.num_preempted_by_swap)) +
            cell(grouped(outcome.num_preempted_by_recompute)) +
            cell(percent(outcome.prefix_hit_fraction)) + cell(grouped(outcome.num_requests)) +
            cell(grouped(outcome.num_rejected)) + cell(duration_text(outcome.seconds)) + "</tr>";
  }
  return "<figure class=\"scroll\">" + body + "</table></figure>";
}

std::string notes(const ReplayReport& report) {
  std::string text =
      "<p class=\"soft\">Means are over the time in which requests waited although the step had "
      "room, so that memory was the bound; where it never was, over the whole run. What a slot is "
      "good "
      "for is known with hindsight. The scheduler and the block manager are those that serve; the "
      "model is replaced by the time that its reads and products would take. Latency a token is a "
      "request's time from arrival to end divided by its output.</p>";
  for (const Outcome& outcome : report.outcomes) {
    if (outcome.was_bound) continue;
    text += "<p class=\"soft\">" + title_of(outcome) +
            ": memory was never the bound; its means are of the whole run.</p>";
  }
  if (!report.step_times.empty())
    text += "<p class=\"soft\">" + escaped(report.step_times) + ".</p>";
  if (report.num_unknown_outputs > 0) {
    text += "<p class=\"soft\">" + grouped(report.num_unknown_outputs) +
            " rows of the trace tell no output; they were replayed with 1 token.</p>";
  }
  return text;
}

}  // namespace

std::string page_of(const ReplayReport& report) {
  const bool is_cut = static_cast<std::size_t>(report.num_blocks) > 2048;
  // A file by its own name; where it lay is of no use to a reader.
  const std::string name = escaped(report.trace.substr(report.trace.rfind('/') + 1));
  std::string html =
      "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
      "content=\"width=device-width,initial-scale=1\"><title>" +
      name + ": where the memory goes</title><style>" + kPageStyle + "</style></head><body><main>";
  html += "<h1>Where the memory goes</h1><p><b>" + name + "</b>: " + load_sentence(report) +
          ".</p><p class=\"soft\">" + escaped(engine_sentence(report)) + ".</p>";
  html += cards(report);
  html += "<h2>The KV memory, split</h2><p class=\"soft\">The same requests, " +
          std::string(report.labelled("recorded") != nullptr
                          ? "in the memory that was recorded, and in the one that was asked for."
                          : "the same memory; only how it is given out differs.") +
          "</p>" + wide_figure("Mean share of the memory", memory_bars(report), key());
  html +=
      "<h2>Requests at once</h2><p class=\"soft\">Memory that holds tokens is what batches are "
      "made "
      "of.</p>" +
      wide_figure("Requests in a step <span>over time, with the mean</span>",
                  batched_over_time(report), "");
  html += "<h2>The memory over time</h2>" + over_time(report);
  html +=
      "<h2>The block pool at a busy moment</h2><p class=\"soft\">A square is a block of " +
      std::to_string(report.block_size) +
      " tokens, in its request's colour: full where it holds "
      "tokens, pale where the request will still write, faint where it never will, grey where it "
      "is nobody's." +
      (is_cut ? " The first 2,048 of " + grouped(report.num_blocks) + " blocks." : "") + "</p>" +
      pools(report);
  html += "<h2>All figures</h2>" + figures(report) + notes(report);
  return html + "</main></body></html>\n";
}

}  // namespace octavo
