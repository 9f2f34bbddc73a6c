// The endpoints that make a prompt and run nothing: how a text or a conversation becomes tokens,
// and back. Bodies as vLLM has them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "protocol/json_body.hpp"
#include "src/core/result.hpp"
#include "src/response/prompt.hpp"
#include "src/response/response_create.hpp"
#include "src/response/served_model.hpp"

namespace octavo {

struct TokenizeRequest {
  ResponseCreate create;
  bool return_token_strs = false;
};
/// {prompt} or {messages}, with what shapes a prompt. Errors: kInvalidJson, kInvalidValue,
/// kUnsupportedParameter.
[[nodiscard]] Result<TokenizeRequest> parse_tokenize(std::string_view body,
                                                     std::size_t max_depth = kMaxJsonDepth);
/// {tokens}. Errors: kInvalidJson, kInvalidValue.
[[nodiscard]] Result<std::vector<TokenId>> parse_detokenize(std::string_view body,
                                                            const ServedModel& model,
                                                            std::size_t max_depth = kMaxJsonDepth);

/// {count, max_model_len, tokens, token_strs}.
std::string tokenize_body(const TokenizeRequest& request, const Prompt& prompt,
                          const ServedModel& model);
/// {prompt}.
std::string detokenize_body(const std::vector<TokenId>& tokens, const ServedModel& model);
/// {object, input_tokens}.
std::string input_tokens_body(const Prompt& prompt);
/// {token_ids, prompt} for a conversation, a list of such objects for prompts of completions.
std::string render_body(const std::vector<Prompt>& prompts, bool is_list);

}  // namespace octavo
