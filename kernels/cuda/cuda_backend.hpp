// The backend on one NVIDIA GPU. One stream computes; what the host gives it for a step is one
// upload, some hundreds of kernels or one recorded graph of them, and one download of what was
// sampled. Keys and values that move between the tiers have streams of their own.
#pragma once

#include <memory>
#include <optional>

#include "kernels/backend.hpp"
#include "kernels/cuda/device/bulk_upload.hpp"
#include "kernels/cuda/device/group.hpp"
#include "kernels/cuda/linear/fp8_linear.hpp"
#include "kernels/cuda/linear/linear.hpp"
#include "kernels/cuda/step/recorded_steps.hpp"
#include "kernels/cuda/step/step_arrays.hpp"
#include "kernels/cuda/step/submitted_steps.hpp"
#include "kernels/cuda/step/transfers.hpp"
#include "kernels/host/thread_pool.hpp"

namespace octavo::kernels::cuda {

class CudaBackend final : public Backend {
 public:
  CudaBackend(const CudaOptions& options, std::string description);
  ~CudaBackend() override;

  std::string description() const override { return description_; }
  DType activation_dtype() const override { return options_.dtype; }
  bool is_asynchronous() const override { return true; }
  DeviceMemory memory() const override;
  Buffer allocate(std::size_t bytes) override;
  Buffer allocate_host(std::size_t bytes) override;
  Matrix prepare_matrix(std::span<const HostMatrix> parts, DType dtype) override;
  Matrix quantize(Matrix matrix) override;
  bool can_quantize() const override;
  Vector prepare_vector(std::span<const HostMatrix> parts) override;
  Matrix random_matrix(std::int64_t rows, std::int64_t cols, DType dtype, std::uint64_t seed,
                       float scale) override;
  StepInputs place(const StepInputs& host) override;
  void run_forward(const std::function<void()>& ops) override;
  void embed(const Matrix& table, const std::int32_t* ids, const Matrix* position_table,
             const std::int32_t* positions, std::int64_t position_offset, float* output,
             std::int64_t num_tokens) override;
  void norm(const NormArgs& args) override;
  void linear(const void* input, const Matrix& weight, const float* bias, void* output,
              std::int64_t n) override;
  void head(const void* input, const Matrix& weight, float* output, std::int64_t n) override;
  void all_reduce(void* values, std::int64_t count) override;
  void all_gather_columns(const float* own, float* full, std::int64_t n,
                          std::int64_t cols) override;
  void split_rotate_write(const QkvArgs& args) override;
  void attention(const AttentionArgs& args) override;
  void gated_activation(Activation kind, const void* input, void* output, std::int64_t n,
                        std::int64_t width) override;
  void activation(Activation kind, void* values, std::int64_t count) override;
  void activated_linear(const void* input, const Matrix& weight, const float* bias, Activation kind,
                        bool is_gated, void* projected, void* output, std::int64_t n) override;
  void stage_samples(std::span<const SampleRow> rows) override;
  void sample(float* logits, std::int64_t vocab_size, std::int64_t n) override;
  void read(const void* device, void* host, std::size_t bytes) override;
  void copy_blocks(
      const KvCacheView& cache,
      std::span<const std::pair<std::int32_t, std::int32_t>> source_destination) override;
  CopyTicket copy_blocks_between(
      CopyDirection direction, const KvCacheView& cache, void* host,
      std::span<const std::pair<std::int32_t, std::int32_t>> source_destination) override;
  bool is_copied(CopyTicket ticket) override { return transfers_.is_finished(ticket); }
  void wait_copied(CopyTicket ticket) override;
  DeviceSpan copied_span(CopyTicket ticket) override;
  StepTicket submit() override;
  bool wait(StepTicket ticket) override;
  DeviceSpan results(StepTicket ticket, std::span<SampleOutput> outputs) override {
    return steps_.results(ticket, outputs, clock_);
  }
  void run_on_host(std::int64_t count, const std::function<void(std::int64_t)>& work) override;
  std::string fault() const override { return first_failure(); }

 private:
  Buffer allocate_for_overwrite(std::size_t bytes);
  void upload(const void* host, void* device, std::size_t bytes);
  std::int64_t rows_to_record(const StepInputs& host) const;
  void send_arrays();
  void reserve_attention(const AttentionArgs& args);

  CudaOptions options_;
  std::string description_;
  std::int64_t max_rows_;  ///< The most rows of logits of a step.
  Stream stream_;
  DeviceClock clock_;
  Linear linear_;
  std::unique_ptr<Fp8Linear> fp8_linear_;    ///< Where weights were quantized.
  std::int64_t fp8_cols_ = 0;                ///< The most columns that one of these has.
  std::unique_ptr<BulkUpload> bulk_upload_;  ///< Until the first step, which waits for it.
  StepArrays arrays_;
  Upload pairs_;
  Transfers transfers_;
  RecordedSteps recorded_;
  RecordedSteps recorded_forwards_;  ///< Of steps whose samples are staged later: without these.
  std::int64_t recorded_rows_ = 0;   ///< What this step is recorded for; 0: it is not recorded.
  Memory attention_memory_;
  Memory gathered_;  ///< [devices, max_rows, a device's part of the vocabulary]
  Memory sample_memory_;
  Memory sample_outputs_;  ///< [max_rows] DeviceSampleOutput
  Memory sampled_;         ///< [max_rows] tokens of the last step that sampled
  Memory choices_;         ///< [max_rows] `choice` of each row of that step, for the host
  std::int64_t num_sampled_ = 0;
  bool has_begun_ = false;  ///< The step's arrays are on their way.
  bool is_staged_ = false;  ///< So are those of its samples.
  SubmittedSteps steps_;
  std::optional<ThreadPool> host_threads_;  ///< From their first use on.
};

}  // namespace octavo::kernels::cuda
