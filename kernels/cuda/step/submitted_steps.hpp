// Steps from their submission until their results have been taken: when each began and
// ended, and what it sampled, in pinned memory that the device writes.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>

#include "kernels/cuda/device/device_clock.hpp"
#include "kernels/cuda/device/runtime.hpp"
#include "kernels/cuda/step/step_end.hpp"
#include "kernels/steps.hpp"

namespace octavo::kernels::cuda {

/// What a step has sampled, on the device.
struct SampledRows {
  const void* choices = nullptr;  ///< [num_rows] int32, as DeviceSampleOutput has them
  const void* outputs = nullptr;  ///< [num_rows] DeviceSampleOutput
  std::int64_t num_rows = 0;
  bool has_logprobs = false;  ///< Then `outputs` are wanted, else `choices`.
};

class SubmittedSteps {
 public:
  /// `max_rows`: of what a step samples.
  explicit SubmittedSteps(std::int64_t max_rows);
  /// Waits for the driver's calls.
  ~SubmittedSteps();
  SubmittedSteps(const SubmittedSteps&) = delete;
  SubmittedSteps& operator=(const SubmittedSteps&) = delete;

  /// The next step computes. Work that `stream` was given before is none of the step's.
  void begin(cudaStream_t stream) {
    next().begin.record(stream);
    next().computes = true;
  }
  /// The step ends here; enqueues the copy of its samples.
  StepTicket submit(const SampledRows& sampled, cudaStream_t stream);
  /// Sleeps until the step has ended. False, and recorded, when it has failed or takes longer than
  /// `timeout`. Thread: any.
  bool wait(StepTicket ticket, std::chrono::milliseconds timeout);
  /// What an ended step has sampled in its first outputs.size() rows, and when it ran.
  DeviceSpan results(StepTicket ticket, std::span<SampleOutput> outputs, const DeviceClock& clock);

 private:
  struct Step {
    Event begin;
    StepEnd end;
    Memory outputs;  ///< Pinned: [max_rows] tokens, or DeviceSampleOutputs.
    bool computes = false;
    bool has_logprobs = false;
  };
  static constexpr std::size_t kKeptSteps = 4;

  Step& step(StepTicket ticket) { return steps_[ticket % kKeptSteps]; }
  Step& next() { return step(next_); }

  Stream calls_;  ///< On which the driver reports that a step has ended.
  std::array<Step, kKeptSteps> steps_;
  StepTicket next_ = 0;
};

}  // namespace octavo::kernels::cuda
