#include "src/replay/report/recording_report.hpp"

#include <utility>

#include "src/replay/report/report_text.hpp"

namespace octavo {
namespace {

namespace json = boost::json;

std::string line(const std::string& name, const std::string& value) {
  return name + std::string(name.size() < 20 ? 20 - name.size() : 1, ' ') + value + "\n";
}

std::string verdict_of(const RecordingRepeat& repeat) {
  const std::string steps = grouped(repeat.num_steps);
  if (repeat.difference) {
    return "differs from step " + std::to_string(repeat.difference->step.value) +
           " on: " + repeat.difference->what;
  }
  if (repeat.is_truncated()) {
    return "the file was cut off before its end; the same decisions in all " + steps +
           " steps that it holds";
  }
  return "the recorded one: the same decisions in all " + steps + " steps";
}

}  // namespace

json::object json_of(const RecordingReport& report) {
  const RecordingRepeat& repeat = report.repeat;
  const RecordingCounts& counts = report.counts;
  json::object object{
      {"recording", report.name},
      {"version", report.version},
      {"model", report.header.model},
      {"decision_hash", hash_text(repeat.decision_hash)},
      {"recorded_hash", nullptr},
      {"equal", repeat.is_equal()},
      {"truncated", repeat.is_truncated()},
      {"first_difference", nullptr},
      {"requests",
       {{"submitted", counts.num_requests},
        {"finished", counts.num_finished},
        {"cancelled", counts.num_cancelled},
        {"failed", counts.num_failed},
        {"rejected", counts.num_rejected}}},
      {"steps", repeat.num_steps},
      {"failed_steps", repeat.num_failed_steps},
      {"preemptions",
       {{"swap", counts.num_preempted_by_swap}, {"recompute", counts.num_preempted_by_recompute}}},
      {"prompt_tokens", counts.num_prompt_tokens},
      {"prefix_hit_tokens", counts.num_cached_tokens},
      {"prefix_hit_fraction", counts.prefix_hit_fraction()},
      {"output_tokens", counts.num_output_tokens},
      {"batch_mean", counts.batch_mean()},
      {"seconds", repeat.seconds},
      {"busy_seconds", counts.busy_seconds},
      {"wall_seconds", report.wall_seconds}};
  if (repeat.recorded_hash) object["recorded_hash"] = hash_text(*repeat.recorded_hash);
  if (repeat.difference) {
    object["first_difference"] = {{"step", repeat.difference->step.value},
                                  {"what", repeat.difference->what}};
  }
  return object;
}

std::string text_of(const RecordingReport& report) {
  const RecordingRepeat& repeat = report.repeat;
  const RecordingCounts& counts = report.counts;
  const SchedulerConfig& engine = report.header.engine;
  std::string text = report.name + ": " + report.header.model + ", " + grouped(engine.num_blocks) +
                     " blocks of " + std::to_string(engine.block_size) + " tokens, " +
                     std::string(name_of(engine.queue_policy)) + ", " +
                     std::string(name_of(engine.kv_allocator)) + "\n\n";
  text += line("decision_hash", hash_text(repeat.decision_hash));
  text += line("", verdict_of(repeat));
  text += line("requests", grouped(counts.num_requests) + ": " + grouped(counts.num_finished) +
                               " finished, " + grouped(counts.num_cancelled) + " cancelled, " +
                               grouped(counts.num_rejected) + " rejected, " +
                               grouped(counts.num_failed) + " failed");
  text += line("steps", grouped(repeat.num_steps) + ", " + grouped(repeat.num_failed_steps) +
                            " failed, " + decimal(counts.batch_mean(), 2) +
                            " sequences in one on average");
  text += line("preempted", grouped(counts.num_preempted_by_swap) + " by swap, " +
                                grouped(counts.num_preempted_by_recompute) + " by recompute");
  text += line("prefix hits", grouped(counts.num_cached_tokens) + " of " +
                                  grouped(counts.num_prompt_tokens) + " prompt tokens (" +
                                  decimal(100 * counts.prefix_hit_fraction(), 1) + " %)");
  text += line("output", grouped(counts.num_output_tokens) + " tokens");
  text += line("recorded time", duration_text(repeat.seconds) + ", the model at work for " +
                                    duration_text(counts.busy_seconds));
  text += line("repeated in", duration_text(report.wall_seconds));
  return text;
}

}  // namespace octavo
