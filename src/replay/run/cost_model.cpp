#include "src/replay/run/cost_model.hpp"

#include <algorithm>

namespace octavo {
namespace {

std::chrono::nanoseconds nanoseconds_of(double seconds) {
  return std::chrono::nanoseconds(static_cast<std::int64_t>(seconds * 1e9));
}

}  // namespace

double CostModel::step_seconds(double num_tokens, double num_kv_tokens, double num_attended) const {
  if (fit_) return fit_->step_seconds(num_tokens, num_kv_tokens);
  const DeviceShape& device = shape_.device;
  const double bytes = static_cast<double>(shape_.weight_bytes) +
                       num_kv_tokens * static_cast<double>(shape_.kv_bytes_per_token);
  const double flops =
      2.0 * static_cast<double>(shape_.num_matrix_weights) * num_tokens +
      4.0 * static_cast<double>(shape_.num_layers * shape_.query_size) * num_attended;
  return std::max(bytes / device.bytes_per_s, flops / device.flops_per_s) +
         static_cast<double>(shape_.num_layers) * device.layer_overhead_s;
}

std::chrono::nanoseconds CostModel::step_time(const StepBatch& batch) const {
  std::int64_t num_tokens = 0, num_kv_tokens = 0;
  double num_attended = 0;  // Pairs of a query and a key.
  for (const ScheduledSequence& each : batch.scheduled) {
    num_tokens += each.num_tokens;
    num_kv_tokens += each.first_position + each.num_tokens;
    num_attended += each.num_tokens * (each.first_position + 0.5 * (each.num_tokens + 1));
  }
  return nanoseconds_of(step_seconds(static_cast<double>(num_tokens),
                                     static_cast<double>(num_kv_tokens), num_attended));
}

std::chrono::nanoseconds CostModel::transfer_time(std::int64_t num_tokens) const {
  if (fit_) return nanoseconds_of(fit_->moved_token_s * static_cast<double>(num_tokens));
  return nanoseconds_of(static_cast<double>(num_tokens * shape_.kv_bytes_per_token) /
                        shape_.device.host_bytes_per_s);
}

double CostModel::saturating_rate(const Trace& trace, std::int64_t num_slots,
                                  std::int32_t max_num_seqs) const {
  double num_prompt = 0, num_prompt_attended = 0, num_output = 0, token_steps = 0;
  for (const TraceRequest& request : trace.requests) {
    num_prompt += request.num_prompt;
    num_prompt_attended += 0.5 * request.num_prompt * static_cast<double>(request.num_prompt);
    num_output += request.num_output;
    token_steps += request.num_output * (request.num_prompt + 0.5 * request.num_output);
  }
  const auto count = static_cast<double>(trace.requests.size());
  const double live_tokens = std::max(1.0, token_steps / num_output);  // A running sequence's.
  const double batch = std::clamp(static_cast<double>(num_slots) / live_tokens, 1.0,
                                  static_cast<double>(max_num_seqs));
  const double decode_s =
      step_seconds(batch, batch * live_tokens, batch * live_tokens) / batch * num_output;
  const double prefill_s = step_seconds(num_prompt, 0, num_prompt_attended) - step_seconds(0, 0, 0);
  return count / (decode_s + prefill_s);
}

}  // namespace octavo
