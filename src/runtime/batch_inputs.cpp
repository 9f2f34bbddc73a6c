#include "src/runtime/batch_inputs.hpp"

#include <algorithm>
#include <span>
#include <string>

namespace octavo {
namespace {

Error bad_batch(const StepBatch& batch, const std::string& what) {
  return Error{Errc::kEngineError, "step " + std::to_string(batch.id.value) + ": " + what, ""};
}

Result<void> check_tables(const StepBatch& batch, const BatchLimits& limits) {
  const auto num_seqs = batch.scheduled.size();
  const auto& cu_blocks = batch.cu_blocks;
  if (num_seqs > static_cast<std::size_t>(limits.max_sequences)) {
    return bad_batch(batch, "more sequences than max_num_seqs");
  }
  if (cu_blocks.size() != num_seqs + 1 || cu_blocks.front() != 0 ||
      !std::is_sorted(cu_blocks.begin(), cu_blocks.end()) ||
      static_cast<std::size_t>(cu_blocks.back()) != batch.block_tables.size()) {
    return bad_batch(batch, "cu_blocks do not match the block tables");
  }
  for (const auto block : batch.block_tables) {
    if (block.value < 0 || block.value >= limits.num_blocks) {
      return bad_batch(batch, "block " + std::to_string(block.value) + " is not in the pool");
    }
  }
  return {};
}

/// Complaint about a sequence that samples from a sibling's logits, empty if none.
std::string check_twin(const StepBatch& batch, std::size_t index, const SequenceTable& sequences) {
  const auto& twin = batch.scheduled[index];
  const SequenceState* state = sequences.find(twin.id);
  if (state == nullptr) return "is not known";
  if (static_cast<std::size_t>(twin.twin_of) >= index) return "is a twin of one behind it";
  const auto& leader = batch.scheduled[static_cast<std::size_t>(twin.twin_of)];
  if (!twin.samples || !leader.samples || leader.twin_of >= 0)
    return "is a twin of none that samples";
  const SequenceState* other = sequences.find(leader.id);
  if (other == nullptr || other->tokens.size() != state->tokens.size())
    return "is a twin of another prompt";
  return {};
}

/// Complaint about what the sequence is asked to compute, empty if none.
std::string check_scheduled(const ScheduledSequence& scheduled, const SequenceState* state,
                            std::int64_t num_table_blocks, const BatchLimits& limits) {
  const std::int64_t first = scheduled.first_position;
  const std::int64_t context = first + scheduled.num_tokens;
  if (state == nullptr) return "is not known";
  if (first < 0 || scheduled.num_tokens < 1) return "computes no token";
  if (context > limits.max_positions) return "is longer than the model's context";
  if (context > static_cast<std::int64_t>(state->tokens.size())) return "lacks tokens to compute";
  const bool is_last = context == static_cast<std::int64_t>(state->tokens.size());
  if (scheduled.samples && !is_last && !state->is_forced(context)) {
    return "samples before its last token";
  }
  if (context > num_table_blocks * limits.block_size) return "has too few blocks";
  return {};
}

void clear(BatchInputs& inputs) {
  inputs.token_ids.clear();
  inputs.positions.clear();
  inputs.slots.clear();
  inputs.cu_seqlens.assign(1, 0);
  inputs.context_lens.clear();
  inputs.cu_blocks.assign(1, 0);
  inputs.block_tables.clear();
  inputs.last_rows.clear();
  inputs.logits_rows.clear();
  inputs.prompt_rows.clear();
}

/// What the step's tokens of the sequence, from row first_row on, tell of its prompt.
void append_prompt_rows(const ScheduledSequence& scheduled, const SequenceState& state,
                        std::int32_t first_row, BatchInputs& inputs) {
  if (state.sampling.num_prompt_logprobs < 0) return;
  const auto last = static_cast<std::int32_t>(state.num_prompt_tokens) - 1;
  const std::int32_t count = std::min(scheduled.num_tokens, last - scheduled.first_position);
  if (count > 0)
    inputs.prompt_rows.push_back({scheduled.id, scheduled.first_position + 1, count, first_row});
}

void append_sequence(const ScheduledSequence& scheduled, const SequenceState& state,
                     std::span<const BlockId> table, std::int64_t block_size, BatchInputs& inputs) {
  const std::int64_t end = std::int64_t{scheduled.first_position} + scheduled.num_tokens;
  for (std::int64_t position = scheduled.first_position; position < end; ++position) {
    inputs.token_ids.push_back(state.tokens[static_cast<std::size_t>(position)]);
    inputs.positions.push_back(static_cast<std::int32_t>(position));
    const BlockId block = table[static_cast<std::size_t>(position / block_size)];
    inputs.slots.push_back(block.value * block_size + position % block_size);
  }
  const auto num_tokens = static_cast<std::int32_t>(inputs.token_ids.size());
  inputs.cu_seqlens.push_back(num_tokens);
  inputs.context_lens.push_back(static_cast<std::int32_t>(end));
  for (const BlockId block : table) inputs.block_tables.push_back(block.value);
  inputs.cu_blocks.push_back(static_cast<std::int32_t>(inputs.block_tables.size()));
  inputs.last_rows.push_back(num_tokens - 1);
  if (scheduled.samples) inputs.logits_rows.push_back(num_tokens - 1);
}

}  // namespace

kernels::StepInputs BatchInputs::view() const {
  return {.token_ids = token_ids.data(),
          .positions = positions.data(),
          .slots = slots.data(),
          .cu_seqlens = cu_seqlens.data(),
          .context_lens = context_lens.data(),
          .cu_blocks = cu_blocks.data(),
          .block_tables = block_tables.data(),
          .logits_rows = logits_rows.data(),
          .num_tokens = static_cast<std::int64_t>(token_ids.size()),
          .num_seqs = static_cast<std::int64_t>(context_lens.size()),
          .num_logits = static_cast<std::int64_t>(logits_rows.size())};
}

Result<void> build_batch_inputs(const StepBatch& batch, const SequenceTable& sequences,
                                const BatchLimits& limits, BatchInputs& inputs) {
  clear(inputs);
  if (auto checked = check_tables(batch, limits); !checked) return checked;
  std::int64_t num_tokens = 0;
  for (std::size_t i = 0; i < batch.scheduled.size(); ++i) {
    const auto& scheduled = batch.scheduled[i];
    const SequenceState* state = sequences.find(scheduled.id);
    if (scheduled.twin_of >= 0) {
      if (const auto complaint = check_twin(batch, i, sequences); !complaint.empty())
        return bad_batch(batch, "sequence " + std::to_string(scheduled.id.value) + " " + complaint);
      // It has no tokens of its own in this step: only its sibling's logits.
      const auto row = inputs.last_rows[static_cast<std::size_t>(scheduled.twin_of)];
      inputs.last_rows.push_back(row);
      inputs.logits_rows.push_back(row);
      continue;
    }
    const std::int64_t table_begin = batch.cu_blocks[i];
    const auto complaint =
        check_scheduled(scheduled, state, batch.cu_blocks[i + 1] - table_begin, limits);
    if (!complaint.empty()) {
      return bad_batch(batch, "sequence " + std::to_string(scheduled.id.value) + " " + complaint);
    }
    num_tokens += scheduled.num_tokens;
    if (num_tokens > limits.max_tokens) {
      return bad_batch(batch, "more tokens than max_num_batched_tokens");
    }
    const std::span table(batch.block_tables.data() + table_begin,
                          static_cast<std::size_t>(batch.cu_blocks[i + 1] - table_begin));
    append_prompt_rows(scheduled, *state, static_cast<std::int32_t>(inputs.token_ids.size()),
                       inputs);
    append_sequence(scheduled, *state, table, limits.block_size, inputs);
  }
  // After those that sample, whose places the next step goes by.
  std::int32_t num_prompt_rows = 0;
  for (const PromptLogitsRows& rows : inputs.prompt_rows) {
    for (std::int32_t i = 0; i < rows.count; ++i) inputs.logits_rows.push_back(rows.first_row + i);
    num_prompt_rows += rows.count;
  }
  if (num_prompt_rows > kMaxPromptLogprobs)
    return bad_batch(batch, "more log-probabilities of prompts than a step can tell");
  return {};
}

}  // namespace octavo
