#include "src/replay/trace/recording_trace.hpp"

#include <algorithm>
#include <chrono>

namespace octavo {
namespace {

double seconds_of(std::chrono::nanoseconds duration) {
  return std::chrono::duration<double>(duration).count();
}

}  // namespace

void RecordingTrace::submitted(const RecordedSubmission& submission) {
  if (seen_.empty()) origin_ = submission.now;
  index_of_[submission.request.id] = seen_.size();
  seen_.push_back({seconds_of(submission.now - origin_), submission.request, {}, {}});
}

void RecordingTrace::executed(const StepBatch& batch, const StepResult& result, TimePoint,
                              std::int64_t) {
  transfer_s_ += seconds_of(result.transfer_elapsed);
  num_tokens_moved_ += std::int64_t{result.num_blocks_transferred} * block_size_;
  if (batch.scheduled.empty()) return;
  MeasuredStep step;
  for (const ScheduledSequence& each : batch.scheduled) {
    step.num_tokens += each.num_tokens;
    step.num_kv_tokens += each.first_position + each.num_tokens;
  }
  step.seconds = seconds_of(result.elapsed);
  steps_.push_back(step);
}

void RecordingTrace::told(const RequestEvent& event, TimePoint) {
  const auto* tokens = std::get_if<TokensGenerated>(&event);
  if (tokens == nullptr) return;
  Seen& seen = seen_[index_of_.at(tokens->request)];
  const auto choice = static_cast<std::size_t>(tokens->choice);
  if (seen.num_outputs.size() <= choice) seen.num_outputs.resize(choice + 1);
  seen.num_outputs[choice] += static_cast<std::int32_t>(tokens->tokens.size());
  if (choice > 0) return;
  for (const SampledToken& each : tokens->tokens) seen.completion.push_back(each.token);
}

Trace RecordingTrace::trace(const std::string& name) const {
  Trace trace;
  trace.name = name;
  trace.has_arrivals = true;
  for (const Seen& seen : seen_) {
    TraceRequest request;
    request.arrival_s = seen.arrival_s;
    request.num_prompt = static_cast<std::int32_t>(seen.request.prompt.size());
    for (std::int32_t num_output : seen.num_outputs)
      request.num_output = std::max(request.num_output, num_output);
    if (request.num_output == 0) {
      request.num_output = 1;
      ++trace.num_unknown_outputs;
    }
    request.priority = seen.request.priority;
    request.tenant = seen.request.tenant;
    request.cache_namespace = seen.request.cache_namespace;
    request.num_choices = seen.request.sampling.n;
    request.beam_width = seen.request.sampling.beam_width;
    request.first_token = trace.tokens.size();
    trace.tokens.insert(trace.tokens.end(), seen.request.prompt.begin(), seen.request.prompt.end());
    trace.tokens.insert(trace.tokens.end(), seen.completion.begin(), seen.completion.end());
    trace.tokens.resize(request.first_token + static_cast<std::size_t>(request.num_tokens()), -1);
    trace.requests.push_back(request);
  }
  return trace;
}

StepFit RecordingTrace::fit() const {
  StepFit fit = fit_steps(steps_);
  if (num_tokens_moved_ > 0)
    fit.moved_token_s = transfer_s_ / static_cast<double>(num_tokens_moved_);
  return fit;
}

}  // namespace octavo
