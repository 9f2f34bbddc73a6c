// What chat completions and completions take alike: how tokens are chosen, under the names that
// OpenAI and vLLM gave, how the answer comes, and all that is known and refused by name.
#pragma once

#include "protocol/stream_options.hpp"
#include "src/response/response_create.hpp"

namespace octavo {

/// What of a request is its encoder's business.
struct AnswerOptions {
  StreamOptions stream;
  bool return_token_ids = false;
  bool return_progress = false;           ///< While the prompt computes, chunks tell how far it is.
  std::int32_t num_prompt_logprobs = -1;  ///< -1: none; k: of the k best beside each token's own.
  std::int32_t num_choices = 1;           ///< Of those that are sampled the best are answered.
};

/// Fills `create` and answers the rest; faults stay in `fields`.
AnswerOptions read_completion_fields(JsonReader& fields, ResponseCreate& create);

}  // namespace octavo
