#include "src/runtime/device_executor.hpp"

#include <algorithm>
#include <chrono>
#include <limits>
#include <utility>

namespace octavo {
namespace {

Error no_finite_logit() {
  return {
      Errc::kEngineError,
      "the model's output is no number: not one logit is finite, so no token can be chosen; its "
      "weights are damaged, or overflow in this --dtype",
      ""};
}

Error not_allowed() {
  return {
      Errc::kEngineError,
      "the answer has a token that its format does not allow, or following the format takes too "
      "long: make it less ambiguous",
      ""};
}

}  // namespace

DeviceExecutor::DeviceExecutor(std::unique_ptr<kernels::Backend> backend, Decoder decoder,
                               KvCache cache, ModelInfo info, const ExecutorOptions& options)
    : backend_(std::move(backend)),
      decoder_(std::move(decoder)),
      cache_(std::move(cache)),
      info_(std::move(info)),
      limits_{.block_size = info_.block_size,
              .num_blocks = info_.num_blocks,
              .max_tokens = info_.max_num_batched_tokens,
              .max_sequences = options.max_num_seqs,
              .max_positions =
                  std::min(info_.max_position_embeddings, info_.num_blocks * info_.block_size)},
      sequences_(info_.defaults.eos_token_ids, info_.vocab_size),
      is_asynchronous_(backend_->is_asynchronous()),
      on_logits_(options.on_logits),
      spans_(options.spans) {
  cache_.set_spans(spans_);
}

Result<LaunchedStep> DeviceExecutor::launch(const StepBatch& batch) {
  OCTAVO_ASSERT(is_asynchronous_ || steps_.empty());
  const std::string fault = backend_->fault();
  if (!fault.empty() && !batch.scheduled.empty()) return Error{Errc::kEngineError, fault, ""};
  const auto began = std::chrono::steady_clock::now();
  if (fault.empty()) learn_of_leaving(batch);
  auto failed = sequences_.apply(batch);
  if (!failed) return failed.error();
  if (auto built = build_batch_inputs(batch, sequences_, limits_, inputs_); !built) {
    return built.error();
  }
  if (auto moved = cache_.apply(batch); !moved) return moved.error();

  Step step;
  step.result.id = batch.id;
  step.result.failed = std::move(*failed);
  step.computes = !batch.scheduled.empty();
  step.num_tokens = static_cast<std::int64_t>(inputs_.token_ids.size());
  if (step.computes) forward(batch, step.result.failed);
  step.samples = append_rows(batch);
  step.prompt_rows = inputs_.prompt_rows;
  step.launched = LaunchedStep{backend_->submit()};
  const LaunchedStep launched = step.launched;
  if (spans_ != nullptr) {
    spans_->add({Track::kExecutor, batch.id.value, began, std::chrono::steady_clock::now(),
                 step.num_tokens});
  }
  steps_.push_back(std::move(step));
  return launched;
}

// What must follow a token is known with it, by the sequence's constraint. Before such a sequence
// leaves, the step that samples it is therefore waited for. On a CPU there is none.
void DeviceExecutor::learn_of_leaving(const StepBatch& batch) {
  const auto leaves = [&](const Sample& sample) {
    return sample.is_constrained &&
           std::ranges::find(batch.released, sample.sequence) != batch.released.end();
  };
  const bool is_needed = std::ranges::any_of(steps_, [&](const Step& step) {
    return step.outputs.empty() && std::ranges::any_of(step.samples, leaves);
  });
  if (is_needed) learn_tokens();
}

// Which tokens may be next depends on those before, so the steps on their way are waited for.
void DeviceExecutor::learn_tokens() {
  for (Step& step : steps_) {
    if (!step.outputs.empty() || step.samples.empty()) continue;
    backend_->wait(step.launched.ticket);
    take_outputs(step);
  }
}

// Once for each step.
void DeviceExecutor::take_outputs(Step& step) {
  std::size_t num_outputs = step.samples.size();
  for (const PromptLogitsRows& each : step.prompt_rows)
    num_outputs += static_cast<std::size_t>(each.count);
  step.outputs.resize(num_outputs);
  step.span = backend_->results(step.launched.ticket, step.outputs);
  for (std::size_t i = 0; i < step.samples.size(); ++i) {
    const Sample& sample = step.samples[i];
    if (sample.index) sequences_.resolve(sample.sequence, *sample.index, step.outputs[i].token);
  }
  force_tokens(step);
}

// The next step waits for this.
void DeviceExecutor::force_tokens(Step& step) {
  std::vector<Sample*> constrained;
  for (std::size_t i = 0; i < step.samples.size(); ++i) {
    Sample& sample = step.samples[i];
    if (sample.is_constrained && sample.index && step.outputs[i].is_finite)
      constrained.push_back(&sample);
  }
  backend_->run_on_host(static_cast<std::int64_t>(constrained.size()), [&](std::int64_t i) {
    Sample& sample = *constrained[static_cast<std::size_t>(i)];
    sample.forced = sequences_.force(sample.sequence, *sample.index);
  });
}

void DeviceExecutor::list_rows(const StepBatch& batch, std::vector<SequenceId>& constrained) {
  rows_.clear();
  constrained.clear();
  for (const auto& scheduled : batch.scheduled) {
    if (!scheduled.samples) continue;
    const SequenceState& state = *sequences_.find(scheduled.id);
    if (state.is_forced(scheduled.first_position + scheduled.num_tokens)) {
      rows_.push_back({.temperature = 0.0F});  // Its token is known already.
      continue;
    }
    if (state.place) {
      constrained.push_back(scheduled.id);
      sequences_.make_room_for_mask(scheduled.id);
    }
    rows_.push_back(state.sample_row());
  }
  for (const PromptLogitsRows& each : inputs_.prompt_rows) {
    const SequenceState& state = *sequences_.find(each.sequence);
    for (std::int32_t i = 0; i < each.count; ++i)
      rows_.push_back(state.prompt_row(each.first_position + i));
  }
}

void DeviceExecutor::see_logits(const float* logits) {
  if (!on_logits_ || rows_.empty()) return;
  seen_logits_.resize(rows_.size() * static_cast<std::size_t>(info_.vocab_size));
  backend_->read(logits, seen_logits_.data(), seen_logits_.size() * sizeof(float));
  on_logits_(seen_logits_);
}

void DeviceExecutor::forward(const StepBatch& batch, std::vector<FailedSequence>& failed) {
  std::vector<SequenceId> constrained;
  list_rows(batch, constrained);
  const kernels::StepInputs inputs = backend_->place(inputs_.view());
  const auto sample = [&](float* logits) {
    see_logits(logits);
    if (inputs.num_logits > 0) backend_->sample(logits, info_.vocab_size, inputs.num_logits);
  };
  if (constrained.empty()) {
    backend_->stage_samples(rows_);
    const auto compute = [&] { sample(decoder_.forward(inputs, cache_.view())); };
    return on_logits_ ? compute() : backend_->run_forward(compute);
  }
  // Masks need the tokens of the step before, the forward pass does not: a GPU is at work on it
  // while they are found. A CPU has no core left over, so it finds them first.
  if (!is_asynchronous_) constrain(constrained, failed);
  backend_->run_forward([&] { decoder_.forward(inputs, cache_.view()); });
  if (is_asynchronous_) {
    learn_tokens();
    list_rows(batch, constrained);  // Some of their tokens may have been forced by now.
    constrain(constrained, failed);
  }
  backend_->stage_samples(rows_);
  sample(decoder_.logits());
}

void DeviceExecutor::constrain(const std::vector<SequenceId>& constrained,
                               std::vector<FailedSequence>& failed) {
  std::vector<char> is_held(constrained.size());
  backend_->run_on_host(static_cast<std::int64_t>(constrained.size()), [&](std::int64_t i) {
    const auto at = static_cast<std::size_t>(i);
    is_held[at] = sequences_.constrain(constrained[at]) ? 1 : 0;
  });
  for (std::size_t i = 0; i < constrained.size(); ++i) {
    if (is_held[i] == 0) failed.push_back({constrained[i], not_allowed()});
  }
}

// A beam search goes on with what the scheduler chooses.
std::vector<DeviceExecutor::Sample> DeviceExecutor::append_rows(const StepBatch& batch) {
  std::vector<Sample> samples;
  for (const auto& scheduled : batch.scheduled) {
    if (!scheduled.samples) continue;
    const SequenceState& state = *sequences_.find(scheduled.id);
    Sample sample{.sequence = scheduled.id,
                  .index = std::nullopt,
                  .wants_logprob = rows_[samples.size()].num_logprobs >= 0,
                  .is_constrained = static_cast<bool>(state.place),
                  .known = std::nullopt,
                  .forced = {}};
    const std::int32_t end = scheduled.first_position + scheduled.num_tokens;
    if (state.is_forced(end)) {
      sample.known = state.tokens[static_cast<std::size_t>(end)];
    } else if (!state.sampling.is_beam_search()) {
      const auto row = static_cast<TokenId>(samples.size());
      sample.index = sequences_.append(scheduled.id, -1 - row);
    }
    samples.push_back(sample);
  }
  return samples;
}

void DeviceExecutor::wait(const LaunchedStep& step) { backend_->wait(step.ticket); }

std::optional<LaunchedTransfer> DeviceExecutor::oldest_transfer() const {
  const auto ticket = cache_.oldest_transfer();
  if (!ticket) return std::nullopt;
  return LaunchedTransfer{*ticket};
}

void DeviceExecutor::wait(const LaunchedTransfer& transfer) {
  backend_->wait_copied(transfer.ticket);
}

std::vector<TransferId> DeviceExecutor::collect_transfers() {
  return cache_.collect_transfers(StepId{std::numeric_limits<std::uint64_t>::max()});
}

Result<StepResult> DeviceExecutor::collect(const LaunchedStep&) {
  Step step = std::move(steps_.front());
  steps_.pop_front();
  if (const std::string fault = backend_->fault(); !fault.empty() && step.computes)
    return Error{Errc::kEngineError, fault, ""};
  if (step.outputs.empty()) take_outputs(step);
  const std::vector<kernels::SampleOutput>& outputs = step.outputs;
  const kernels::DeviceSpan span = step.span;
  step.result.elapsed = span.length();
  if (spans_ != nullptr && step.computes)
    spans_->add({Track::kCompute, step.result.id.value, span.begin, span.end, step.num_tokens});
  step.result.transfers_finished = cache_.collect_transfers(step.result.id);
  cache_.report_copies(step.result);
  step.result.sampled.reserve(step.samples.size());
  for (std::size_t i = 0; i < step.samples.size(); ++i) {
    Sample& sample = step.samples[i];
    if (sample.known) {
      step.result.sampled.push_back({sample.sequence, *sample.known, std::nullopt, {}});
      continue;
    }
    SampledToken token{
        sample.sequence, outputs[i].token, std::nullopt, {}, std::move(sample.forced)};
    if (sample.wants_logprob) token.logprob = outputs[i].logprob;
    for (const auto& [id, logprob] : outputs[i].top) token.top.push_back({id, logprob});
    if (!outputs[i].is_finite) step.result.failed.push_back({sample.sequence, no_finite_logit()});
    step.result.sampled.push_back(std::move(token));
  }
  report_prompts(step);
  return std::move(step.result);
}

void DeviceExecutor::report_prompts(Step& step) {
  std::size_t at = step.samples.size();
  for (const PromptLogitsRows& rows : step.prompt_rows) {
    PromptLogprobs computed{rows.sequence, rows.first_position, {}};
    bool is_finite = true;
    for (std::int32_t i = 0; i < rows.count; ++i) {
      const kernels::SampleOutput& output = step.outputs[at++];
      PromptLogprob token{output.token, output.logprob, output.rank, {}};
      for (const auto& [id, logprob] : output.top) token.top.push_back({id, logprob});
      is_finite = is_finite && output.is_finite;
      computed.tokens.push_back(std::move(token));
    }
    if (!is_finite) step.result.failed.push_back({rows.sequence, no_finite_logit()});
    step.result.prompt_logprobs.push_back(std::move(computed));
  }
}

}  // namespace octavo
