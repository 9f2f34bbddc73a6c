#include "src/replay/report/report.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

#include "src/replay/report/report_text.hpp"
#include "src/replay/trace/arrivals.hpp"

namespace octavo {
namespace {

namespace json = boost::json;

json::object json_of(const Outcome& outcome) {
  const MemorySplit& memory = outcome.memory;
  return {{"memory",
           {{"tokens", memory.tokens},
            {"reserved", memory.reserved},
            {"internal", memory.internal},
            {"external", memory.external},
            {"idle", memory.idle}}},
          {"batched_mean", outcome.batched_mean},
          {"batched_peak", outcome.batched_peak},
          {"normalized_latency_s_mean", outcome.normalized_latency_s_mean},
          {"normalized_latency_s_p99", outcome.normalized_latency_s_p99},
          {"preemptions",
           {{"swap", outcome.num_preempted_by_swap},
            {"recompute", outcome.num_preempted_by_recompute}}},
          {"prefix_hit_fraction", outcome.prefix_hit_fraction},
          {"requests", outcome.num_requests},
          {"rejected", outcome.num_rejected},
          {"output_tokens", outcome.num_output_tokens},
          {"steps", outcome.num_steps},
          {"seconds", outcome.seconds},
          {"wall_seconds", outcome.wall_seconds},
          {"waste_blocks_per_sequence", outcome.waste_blocks_per_sequence},
          {"window",
           {{"memory_bound", outcome.was_bound},
            {"start_s", outcome.window_start_s},
            {"end_s", outcome.window_end_s}}}};
}

}  // namespace

void ReplayReport::describe(const Trace& replayed, const ModelShape& shape,
                            const SchedulerConfig& engine, std::string how_sampled) {
  trace = replayed.name;
  num_requests = static_cast<std::int64_t>(replayed.requests.size());
  num_unknown_outputs = replayed.num_unknown_outputs;
  for (const TraceRequest& request : replayed.requests) {
    input_mean += request.num_prompt / static_cast<double>(num_requests);
    output_mean += request.num_output / static_cast<double>(num_requests);
  }
  rate = mean_rate(replayed);
  model = shape.name;
  device = shape.device.name;
  num_blocks = engine.num_blocks;
  block_size = engine.block_size;
  max_model_len = engine.max_model_len;
  kv_bytes = std::int64_t{num_blocks} * block_size * shape.kv_bytes_per_token;
  sampling = std::move(how_sampled);
}

const Outcome* ReplayReport::labelled(std::string_view label) const {
  for (const Outcome& outcome : outcomes) {
    if (outcome.label == label) return &outcome;
  }
  return nullptr;
}

double ReplayReport::saved_fraction() const {
  for (const Outcome& outcome : outcomes) {
    if (outcome.label.empty() && outcome.allocator == KvAllocator::kPaged)
      return outcome.saved_fraction;
  }
  return 0;
}

json::object json_of(const ReplayReport& report) {
  json::object allocators;
  for (const Outcome& outcome : report.outcomes) {
    if (outcome.label.empty()) allocators[name_of(outcome)] = json_of(outcome);
  }
  json::object workload{{"requests", report.num_requests},
                        {"input_mean", report.input_mean},
                        {"output_mean", report.output_mean},
                        {"unknown_outputs", report.num_unknown_outputs},
                        {"rate", nullptr},
                        {"speedup", nullptr}};
  if (report.rate > 0) workload["rate"] = report.rate;
  if (report.speedup > 0) workload["speedup"] = report.speedup;
  json::object sharing{{"sampling", nullptr}, {"saved_fraction", report.saved_fraction()}};
  if (!report.sampling.empty()) sharing["sampling"] = report.sampling;
  json::object object{{"trace", report.trace},
                      {"workload", std::move(workload)},
                      {"engine",
                       {{"model_shape", report.model},
                        {"device", report.device},
                        {"kv_memory_bytes", report.kv_bytes},
                        {"num_blocks", report.num_blocks},
                        {"block_size", report.block_size},
                        {"max_model_len", report.max_model_len}}},
                      {"allocators", std::move(allocators)},
                      {"sharing", std::move(sharing)}};
  for (const char* label : {"recorded", "modelled"}) {
    if (const Outcome* outcome = report.labelled(label)) object[label] = json_of(*outcome);
  }
  if (!report.step_times.empty()) object["step_times"] = report.step_times;
  return object;
}

std::string load_sentence(const ReplayReport& report) {
  std::string text = grouped(report.num_requests) + " requests, on average " +
                     decimal(report.input_mean, 1) + " tokens in and " +
                     decimal(report.output_mean, 1) + " out, ";
  if (report.rate == 0) return text + "all there from the start";
  text += "arriving at " + decimal(report.rate, 2) + " a second";
  if (report.speedup > 0 && report.speedup != 1)
    text += " (the trace's arrivals, " + decimal(report.speedup, 2) + " times as fast)";
  return text;
}

std::string engine_sentence(const ReplayReport& report) {
  return report.model + " on one " + report.device + ", " +
         decimal(static_cast<double>(report.kv_bytes) / (1 << 30), 2) +
         " GiB of keys and values = " + grouped(report.num_blocks) + " blocks of " +
         std::to_string(report.block_size) + " tokens, context " + grouped(report.max_model_len);
}

}  // namespace octavo
