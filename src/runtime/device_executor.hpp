// A model, or a shard of it, with its memory on one device, fed one step at a time.
#pragma once

#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "kernels/backend.hpp"
#include "src/model/decoder.hpp"
#include "src/runtime/batch_inputs.hpp"
#include "src/runtime/kv_cache.hpp"
#include "src/runtime/model_executor.hpp"
#include "src/runtime/sequence_state.hpp"

namespace octavo {

/// One thread at a time: the executor's.
class DeviceExecutor final : public ModelExecutor {
 public:
  DeviceExecutor(std::unique_ptr<kernels::Backend> backend, Decoder decoder, KvCache cache,
                 ModelInfo info, const ExecutorOptions& options);

  const ModelInfo& info() const override { return info_; }
  bool is_asynchronous() const override { return is_asynchronous_; }

  /// Enqueues one step: sequence states, block copies, forward pass, sampling. Steps come in the
  /// order of their ids. Errors: kEngineError for a batch that contradicts itself; the executor
  /// stays usable, but sequences of the failed step must be released.
  [[nodiscard]] Result<LaunchedStep> launch(const StepBatch& batch) override;
  bool has_ended(const LaunchedStep&) override { return !is_asynchronous_; }
  void wait(const LaunchedStep& step) override;
  [[nodiscard]] Result<StepResult> collect(const LaunchedStep& step) override;
  std::optional<LaunchedTransfer> oldest_transfer() const override;
  void wait(const LaunchedTransfer& transfer) override;
  std::vector<TransferId> collect_transfers() override;
  std::string fault() const override { return backend_->fault(); }

 private:
  /// A row that samples, until its token is known.
  struct Sample {
    SequenceId sequence;
    std::optional<std::size_t> index;  ///< Where its token stands in the sequence.
    bool wants_logprob = false;
    bool is_constrained = false;
    std::optional<TokenId> known;  ///< What a step before it has forced to stand there.
    std::vector<TokenId> forced;   ///< After its token, once that is known.
  };
  struct Step {
    StepResult result;
    std::vector<Sample> samples;
    std::vector<PromptLogitsRows> prompt_rows;  ///< Their outputs stand after those of `samples`.
    std::int64_t num_tokens = 0;
    bool computes = false;
    LaunchedStep launched{};
    std::vector<kernels::SampleOutput> outputs;  ///< Once they are known.
    kernels::DeviceSpan span{};
  };

  void forward(const StepBatch& batch, std::vector<FailedSequence>& failed);
  void list_rows(const StepBatch& batch, std::vector<SequenceId>& constrained);
  void see_logits(const float* logits);
  void learn_of_leaving(const StepBatch& batch);
  void learn_tokens();
  void take_outputs(Step& step);
  /// Finds which tokens may be next in each of these sequences.
  void constrain(const std::vector<SequenceId>& constrained, std::vector<FailedSequence>& failed);
  void force_tokens(Step& step);
  std::vector<Sample> append_rows(const StepBatch& batch);
  static void report_prompts(Step& step);

  std::unique_ptr<kernels::Backend> backend_;  ///< First: all that follows lives in its memory.
  Decoder decoder_;
  KvCache cache_;
  ModelInfo info_;
  BatchLimits limits_;
  SequenceTable sequences_;
  BatchInputs inputs_;
  bool is_asynchronous_;
  std::deque<Step> steps_;  ///< Launched, oldest first.
  std::vector<kernels::SampleRow> rows_;
  std::vector<float> seen_logits_;
  std::function<void(std::span<const float>)> on_logits_;
  SpanSink* spans_;
};

}  // namespace octavo
