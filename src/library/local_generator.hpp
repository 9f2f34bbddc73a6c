// Requests on an engine in the caller's thread, from tokens of a prompt to finished text: many side
// by side in one continuously re-formed batch. `octavo generate` runs one; a program that embeds
// the engine runs as many as it likes.
#pragma once

#include <cstdint>
#include <exception>
#include <functional>
#include <map>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "src/engine/local_engine.hpp"
#include "src/library/local_model.hpp"
#include "src/response/completion_choice.hpp"

namespace octavo {

/// Tokens of a completion where neither its request nor the model's files say how many.
inline constexpr std::int32_t kDefaultMaxTokens = 128;

/// What came of one request.
struct Generation {
  struct Choice {
    CompletionChoice completion;
    std::vector<SampledToken> sampled{};  ///< The stop token as well.
  };
  std::vector<Choice> choices;  ///< Of a beam search the best hypotheses, best first.
  Usage usage{};
  FinishReason reason = FinishReason::kError;  ///< Of choices that say none themselves.
  std::optional<Error> error{};                ///< The engine failed under it.
};

/// Thread: one at a time.
class LocalGenerator {
 public:
  /// Hears what is new of a choice's text: whole characters, nothing that may yet become a stop
  /// string. False ends the request. An exception ends it too, and leaves by step().
  using OnText = std::function<bool(std::int32_t choice, std::string_view text)>;

  /// model: outlives it.
  explicit LocalGenerator(const LocalModel& model)
      : model_(model), engine_(model.config, *model.executor) {}
  /// What still runs is cancelled, and the steps on their way are waited for.
  ~LocalGenerator();
  LocalGenerator(const LocalGenerator&) = delete;
  LocalGenerator& operator=(const LocalGenerator&) = delete;

  /// The request begins with the next step. prompt: within the vocabulary. sampling: validated.
  /// Errors: kContextLengthExceeded, kInvalidValue for what can never fit.
  [[nodiscard]] Result<RequestId> submit(std::vector<TokenId> prompt,
                                         const SamplingParams& sampling, OnText on_text = {});
  /// Ends at the next step, with what there is by then. Unknown ids have ended already.
  void cancel(RequestId request) { engine_.cancel(request, CancelReason::kClientCancelled, -1); }
  /// Runs one step of everything that was submitted. False when nothing is left to do.
  bool step();
  bool is_idle() const { return running_.empty() && engine_.is_idle(); }

  /// Those that ended since the last call, in the order in which they ended.
  std::vector<std::pair<RequestId, Generation>> take_ended() { return std::exchange(ended_, {}); }
  SchedulerStatus status() const { return engine_.status(); }

 private:
  struct Run {
    Generation generation;
    OnText on_text;
  };

  void take(const TokensGenerated& event);
  void tell(Run& run, const TokensGenerated& event);
  void end(RequestId request, FinishReason reason, const Usage& usage, std::optional<Error> error);

  const LocalModel& model_;
  LocalEngine engine_;
  std::uint64_t last_id_ = 0;
  std::map<RequestId, Run> running_;
  std::vector<std::pair<RequestId, Generation>> ended_;
  std::exception_ptr thrown_;  ///< By the first listener that did in this step.
};

}  // namespace octavo
