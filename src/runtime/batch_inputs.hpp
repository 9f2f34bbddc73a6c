// The model wants flat arrays, the batch speaks of sequences and blocks: the translation, and the
// check that nothing in it points outside the cache.
#pragma once

#include <cstdint>
#include <vector>

#include "src/core/step.hpp"
#include "src/model/decoder.hpp"
#include "src/runtime/sequence_state.hpp"

namespace octavo {

/// What a batch may refer to.
struct BatchLimits {
  std::int64_t block_size = 0;
  std::int64_t num_blocks = 0;
  std::int64_t max_tokens = 0;     ///< Most in one step.
  std::int64_t max_sequences = 0;  ///< Most in one step.
  std::int64_t max_positions = 0;
};

/// Prompt tokens of a sequence whose log-probabilities the step tells.
struct PromptLogitsRows {
  SequenceId sequence;
  std::int32_t first_position = 1;  ///< Of the first of these tokens, in the prompt.
  std::int32_t count = 0;
  std::int32_t first_row = 0;  ///< The step's token before the first of them, whose logits tell it.
};

/// The arrays of one step, reused by the next. Shapes as in `kernels::StepInputs`.
struct BatchInputs {
  std::vector<std::int32_t> token_ids;
  std::vector<std::int32_t> positions;
  std::vector<std::int64_t> slots;
  std::vector<std::int32_t> cu_seqlens;
  std::vector<std::int32_t> context_lens;
  std::vector<std::int32_t> cu_blocks;
  std::vector<std::int32_t> block_tables;
  std::vector<std::int32_t> logits_rows;  ///< Those that sample, then those of the prompts.
  std::vector<std::int32_t> last_rows;    ///< [scheduled] row of each sequence's last token
  std::vector<PromptLogitsRows> prompt_rows;

  /// Pointers into these arrays, valid until they change; the host's.
  kernels::StepInputs view() const;
};

/// Overwrites `inputs` with the step's arrays; takes memory only beyond the largest step so far.
/// Errors: kEngineError when the batch contradicts itself, the sequences or the limits.
[[nodiscard]] Result<void> build_batch_inputs(const StepBatch& batch,
                                              const SequenceTable& sequences,
                                              const BatchLimits& limits, BatchInputs& inputs);

}  // namespace octavo
