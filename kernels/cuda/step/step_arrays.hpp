// One step's arrays on the device: where each lies, padding included, and how they get there. What
// has a fixed size for a number of rows lies together; what grows with the contexts has a place of
// its own, so that no address depends on a step's contents.
#pragma once

#include <span>

#include "kernels/backend.hpp"
#include "kernels/cuda/attention/plan.hpp"
#include "kernels/cuda/sampling/sampling.hpp"
#include "kernels/cuda/step/upload.hpp"

namespace octavo::kernels::cuda {

class StepArrays {
 public:
  explicit StepArrays(const CudaOptions& options);

  /// Lays the step out, padded to `rows` sequences of one token where that is not 0. What it
  /// answers is to be read by the device after `send`.
  StepInputs place(const StepInputs& host, std::int64_t rows);
  /// For the rows of the step's logits; after `place`.
  void stage_samples(std::span<const SampleRow> rows);
  /// Sends what was laid out since the last call.
  void send(cudaStream_t stream);

  const AttentionPlan& attention_plan() const { return plan_; }
  const AttentionShape& attention_shape() const { return shape_; }
  const std::byte* device_plan() const { return plans_.device(); }
  /// `sampled` is the caller's to add.
  SampleArrays sample_arrays() const;
  bool wants_logprobs() const { return wants_logprobs_; }
  /// True once after an address has changed that a recorded step may have kept.
  bool take_moved() { return std::exchange(moved_, false); }

 private:
  struct SampleOffsets {
    std::size_t tokens = 0;
    std::size_t bias_tokens = 0;
    std::size_t bias_values = 0;
    std::size_t forbidden = 0;
    std::size_t allowed = 0;
  };

  void stage_lists(std::span<const SampleRow> rows, std::span<DeviceSampleRow> staged);

  AttentionShape shape_;
  AttentionPlan plan_;
  Upload rows_;     ///< All of the forward pass that has a fixed size.
  Upload samples_;  ///< [num_logits] DeviceSampleRow
  Upload tables_;   ///< Block tables.
  Upload plans_;    ///< The attention's work.
  Upload lists_;    ///< What sampling rows refer to.
  std::byte* host_rows_ = nullptr;
  std::size_t rows_bytes_ = 0;
  std::size_t tables_bytes_ = 0;
  std::size_t lists_bytes_ = 0;
  std::int64_t num_logits_ = 0;
  SampleOffsets offsets_;
  bool wants_logprobs_ = false;
  bool is_placed_ = false;  ///< And not sent.
  bool is_staged_ = false;  ///< And not sent.
  bool moved_ = false;
};

}  // namespace octavo::kernels::cuda
