// The body of POST /v1/completions as values: one `ResponseCreate` for each of its prompts, which
// run side by side, and what the encoder of their one answer must know.
#pragma once

#include <boost/json/object.hpp>
#include <vector>

#include "protocol/completion_fields.hpp"
#include "src/core/result.hpp"

namespace octavo {

struct CompletionOptions : AnswerOptions {
  bool echo = false;               ///< The text begins with the prompt.
  bool has_completion = true;      ///< False: only the prompt is echoed, with what the model knows.
  std::int32_t num_logprobs = -1;  ///< -1: none; k: of the k best beside each token's own.
};

struct CompletionRequest {
  std::vector<ResponseCreate> creates;  ///< By prompt_index; at least one.
  CompletionOptions options;
};

/// At most that many prompts in one request.
inline constexpr std::size_t kMaxPrompts = 1024;

/// `prompt` is a string, a list of strings, a list of token ids, or a list of such lists. Errors:
/// kInvalidValue, kUnsupportedParameter.
[[nodiscard]] Result<CompletionRequest> parse_completion_request(const boost::json::object& body);

}  // namespace octavo
