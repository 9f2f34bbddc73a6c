// What a scheduler says of a request, made by hand. The request's id is left open.
#pragma once

#include <optional>
#include <vector>

#include "src/core/request.hpp"

namespace octavo::testing {

inline TokensGenerated generated(const std::vector<TokenId>& tokens, std::int32_t choice = 0,
                                 std::optional<FinishReason> finished = std::nullopt,
                                 std::optional<float> score = std::nullopt) {
  TokensGenerated event;
  event.choice = choice;
  event.finished = finished;
  event.score = score;
  for (TokenId token : tokens) event.tokens.push_back({SequenceId{1}, token, {}, {}});
  return event;
}

inline RequestFinished finished(FinishReason reason, std::int64_t num_completion_tokens = 0) {
  RequestFinished event;
  event.reason = reason;
  event.usage.num_completion_tokens = num_completion_tokens;
  return event;
}

}  // namespace octavo::testing
