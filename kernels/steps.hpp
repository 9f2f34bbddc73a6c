// A device works on steps: the host places a step's arrays, enqueues its operations, submits it,
// and learns later what was sampled. So the host can prepare one step while the device is at
// another.
//
//   place -> stage_samples -> run_forward(operations) -> sample -> submit ... wait -> results
//
// What a sample asks may depend on what the step before has sampled. Then it is staged after
// run_forward, while the device is at work, and `operations` do not sample.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>

#include "kernels/device_span.hpp"
#include "kernels/sampling.hpp"

namespace octavo::kernels {

/// One step, flat; contiguous. Its arrays are the host's until `Steps::place` has put them where
/// operations can read them.
struct StepInputs {
  /// [num_tokens]; -1 - i stands for the token that row i of the step before sampled.
  const std::int32_t* token_ids = nullptr;
  const std::int32_t* positions = nullptr;     ///< [num_tokens]
  const std::int64_t* slots = nullptr;         ///< [num_tokens]
  const std::int32_t* cu_seqlens = nullptr;    ///< [num_seqs + 1], first 0, last num_tokens
  const std::int32_t* context_lens = nullptr;  ///< [num_seqs]
  const std::int32_t* cu_blocks = nullptr;     ///< [num_seqs + 1]
  const std::int32_t* block_tables = nullptr;  ///< [cu_blocks[num_seqs]]
  const std::int32_t* logits_rows = nullptr;   ///< [num_logits], rows of the step's tokens
  std::int64_t num_tokens = 0;
  std::int64_t num_seqs = 0;
  std::int64_t num_logits = 0;
};

/// Names a submitted step. They count up.
using StepTicket = std::uint64_t;

/// Thread: one caller at a time, `wait` and `fault` any.
class Steps {
 public:
  virtual ~Steps() = default;

  /// Whether operations may still run when their calls have returned.
  virtual bool is_asynchronous() const { return false; }

  /// Puts a step's arrays where the operations of that step read them; the answer may have more
  /// tokens, sequences and logits than asked for: padding that writes nothing that is read. Begins
  /// a step: the answer is valid until the next call, also for operations that run later.
  virtual StepInputs place(const StepInputs& host) = 0;
  /// Says how the step's logits become tokens; copied. Before `Operations::sample`, once per step.
  /// Where that is one of run_forward's operations, before run_forward.
  virtual void stage_samples(std::span<const SampleRow> rows) = 0;
  /// Calls `operations`, which enqueue the forward pass of the step that `place` began; a backend
  /// may record what they enqueue and replay that for a later step of the same shape. So
  /// `operations` must do the same for equal `num_tokens`, `num_seqs` and `num_logits` of the
  /// placed inputs.
  virtual void run_forward(const std::function<void()>& operations) { operations(); }
  /// Ends the step: its samples are on their way to the host.
  virtual StepTicket submit() = 0;

  /// Blocks until the step has ended. False when the device has failed, see `fault`. Thread: any.
  virtual bool wait(StepTicket ticket) = 0;
  /// What `sample` chose in an ended step, for its first outputs.size() rows, and when the device
  /// worked on the step. The last few steps are kept.
  virtual DeviceSpan results(StepTicket ticket, std::span<SampleOutput> outputs) = 0;
  /// Calls work(i) once for each i below `count` and returns when all are done: on cores of the
  /// host that no operation uses, so on a CPU not from within one.
  virtual void run_on_host(std::int64_t count, const std::function<void(std::int64_t)>& work) {
    for (std::int64_t i = 0; i < count; ++i) work(i);
  }
  /// Why the device can do no more; empty: all is well. Thread: any.
  virtual std::string fault() const { return {}; }
};

}  // namespace octavo::kernels
