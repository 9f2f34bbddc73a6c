#include "kernels/cuda/step/submitted_steps.hpp"

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

#include "kernels/cuda/sampling/sampling.hpp"
#include "kernels/cuda/step/host_copy.hpp"

namespace octavo::kernels::cuda {
namespace {

template <class T>
T element(const Memory& memory, std::size_t index) {
  T value;
  std::memcpy(&value, memory.data() + index * sizeof(T), sizeof(T));
  return value;
}

SampleOutput output_of(std::int32_t choice) {
  const bool is_finite = choice >= 0;
  return {.token = is_finite ? choice : ~choice, .top = {}, .is_finite = is_finite};
}

SampleOutput output_of(const DeviceSampleOutput& from) {
  SampleOutput output = output_of(from.choice);
  output.logprob = from.logprob;
  output.rank = from.rank;
  for (std::int32_t k = 0; k < std::min(from.num_top, kMaxTopLogprobs); ++k)
    output.top.emplace_back(from.top_tokens[k], from.top_logprobs[k]);
  return output;
}

}  // namespace

SubmittedSteps::SubmittedSteps(std::int64_t max_rows) {
  const std::size_t bytes = host_copy_bytes<DeviceSampleOutput>(max_rows);
  for (Step& step : steps_) step.outputs = Memory(Memory::Place::kHost, bytes);
}

SubmittedSteps::~SubmittedSteps() { cudaStreamSynchronize(calls_); }

StepTicket SubmittedSteps::submit(const SampledRows& sampled, cudaStream_t stream) {
  Step& step = next();
  step.has_logprobs = sampled.has_logprobs;
  if (step.computes && sampled.num_rows > 0) {
    const std::size_t row_bytes =
        sampled.has_logprobs ? sizeof(DeviceSampleOutput) : sizeof(std::int32_t);
    copy_to_host({step.outputs.data(), sampled.has_logprobs ? sampled.outputs : sampled.choices,
                  static_cast<std::size_t>(sampled.num_rows) * row_bytes},
                 stream);
  }
  step.end.record(stream, calls_);
  return next_++;
}

bool SubmittedSteps::wait(StepTicket ticket, std::chrono::milliseconds timeout) {
  const cudaError_t status = step(ticket).end.wait(timeout);
  if (status == cudaErrorNotReady) {
    record_failure("step", __FILE__, __LINE__,
                   "did not end within " + std::to_string(timeout.count()) + " ms");
  } else {
    check(status, "step", __FILE__, __LINE__);
  }
  return first_failure().empty();
}

DeviceSpan SubmittedSteps::results(StepTicket ticket, std::span<SampleOutput> outputs,
                                   const DeviceClock& clock) {
  Step& ended = step(ticket);
  if (!std::exchange(ended.computes, false)) return {};
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    outputs[i] = ended.has_logprobs ? output_of(element<DeviceSampleOutput>(ended.outputs, i))
                                    : output_of(element<std::int32_t>(ended.outputs, i));
  }
  return {clock.time_of(ended.begin), clock.time_of(ended.end.event())};
}

}  // namespace octavo::kernels::cuda
