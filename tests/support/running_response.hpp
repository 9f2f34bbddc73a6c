// A response that runs, of a model whose tokens are bytes.
#pragma once

#include <string>

#include "src/response/response.hpp"
#include "tests/support/byte_tokenizer.hpp"
#include "tests/support/request_events.hpp"

namespace octavo::testing {

inline const ServedModel& byte_model() {
  static const ServedModel model = [] {
    ServedModel made;
    made.name = "m";
    made.vocab_size = 256;
    made.max_model_len = 512;
    made.tokenizer = byte_tokenizer();
    return made;
  }();
  return model;
}

/// Its id is `resp_1`, it was created at 1700000000, and its prompt is the token `p`.
inline Response running_response(const ResponseCreate& create) {
  Response response(RequestId{1}, "resp_1", create, TimePoint{});
  response.begin_preparing();
  Prompt prompt;
  prompt.tokens = {'p'};
  prompt.text = "p";
  response.start(byte_model(), std::move(prompt), 1700000000);
  return response;
}

inline TokensGenerated said(const std::string& text, std::int32_t choice = 0,
                            std::optional<FinishReason> reason = std::nullopt) {
  std::vector<TokenId> tokens;
  for (char c : text) tokens.push_back(static_cast<unsigned char>(c));
  return generated(tokens, choice, reason);
}

}  // namespace octavo::testing
