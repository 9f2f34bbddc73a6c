// What happens to a response, one value for each thing that its client may learn. Encoders make
// frames of them; the values know no wire.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "src/core/step.hpp"
#include "src/response/completion_choice.hpp"

namespace octavo {

/// The response is in the engine's queue.
struct ResponseBegan {};
/// Before the first token: how far the prompt is.
struct PromptProgressed {
  RequestProgressed progress;
  std::chrono::nanoseconds elapsed{};  ///< Since it was asked for.
};
/// The first token of a choice has come.
struct ChoiceBegan {
  std::int32_t choice = 0;
};
/// A part of it: what is said, what is thought, or a call.
struct ItemBegan {
  std::int32_t choice = 0;
  std::int32_t item = 0;  ///< Its place in CompletionChoice::items().
};
/// More of an item, with the log-probabilities of its tokens.
struct TextAdded {
  std::int32_t choice = 0;
  std::int32_t item = 0;
  std::string text;
  std::vector<LogprobEntry> logprobs;
};
struct ItemEnded {
  std::int32_t choice = 0;
  std::int32_t item = 0;
};
/// After its last item.
struct ChoiceEnded {
  std::int32_t choice = 0;
};
struct ResponsePreempted {
  PreemptionMode mode = PreemptionMode::kRecompute;
};
struct ResponseResumed {
  PreemptionMode mode = PreemptionMode::kRecompute;
};
/// Exactly one, the last; Response::end() says how.
struct ResponseEnded {};

using ResponseEvent =
    std::variant<ResponseBegan, PromptProgressed, ChoiceBegan, ItemBegan, TextAdded, ItemEnded,
                 ChoiceEnded, ResponsePreempted, ResponseResumed, ResponseEnded>;

}  // namespace octavo
