// From messages to tokens: renders the chat template over the conversation so far and tokenizes
// what is new. A continuation keeps its parent's very tokens wherever the rendered text begins as
// the parent's did, so that nothing the model has seen changes under it. Runs on the desk pool:
// pure, and perhaps slow.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <memory>
#include <string>
#include <vector>

#include "src/response/response_create.hpp"
#include "src/response/response_memory.hpp"
#include "src/response/served_model.hpp"

namespace octavo {

struct Prompt {
  std::vector<TokenId> tokens;
  std::string text;                                   ///< Empty for a prompt of token ids.
  std::shared_ptr<const TokenConstraint> constraint;  ///< What the answer may be; null: anything.
  boost::json::array messages;  ///< The conversation, without the instructions.
  bool is_chat = false;  ///< The model's template has made it, so that its marks are in the answer.
  bool begins_in_reasoning = false;  ///< It ends with the mark that begins what is thought.
};

/// What every template is given: messages, the tokenizer's bos_token and eos_token, and the time of
/// day as `now`.
boost::json::object chat_context(const Tokenizer& tokenizer, boost::json::array messages);

/// parent: null for a new conversation. Errors: kTemplateError; kUnsupportedParameter for messages
/// to a model without a template; kInvalidValue for a prompt without tokens, or with a token
/// outside the model's vocabulary, whether a client sent its id or the tokenizer found it in a
/// text.
[[nodiscard]] Result<Prompt> prepare_prompt(const ServedModel& model, const ResponseCreate& create,
                                            const RememberedResponse* parent);

/// The model that the request names, where it names one, is served. Errors: kModelNotFound.
[[nodiscard]] Result<void> check_model(const ServedModel& model, const ResponseCreate& create);

/// Fills what the request left open with the model's defaults and checks every range.
[[nodiscard]] Result<SamplingParams> complete_sampling(const ServedModel& model,
                                                       const ResponseCreate& create);

}  // namespace octavo
