// One response from the frame that asks for it to its end: what was asked, its prompt, its choices,
// and how far it is. Engine events go in, response events come out; whoever sends them encodes
// them. Knows no wire, no socket and no thread.
//
// While the connection is congested, deltas merge: text waits in the choices, unnumbered, until
// release() or the end.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "src/core/request.hpp"
#include "src/response/event_log.hpp"
#include "src/response/prompt.hpp"
#include "src/response/response_event.hpp"
#include "src/response/response_memory.hpp"
#include "src/response/served_model.hpp"
#include "src/response/steer.hpp"

namespace octavo {

enum class ResponseState : std::uint8_t {
  kQueued,     ///< On its lane, after others.
  kPreparing,  ///< At the desk, where its prompt is made.
  kRunning,    ///< At the engine.
  kEnded,
};

/// How a response ended, with what the engine says of the whole.
struct ResponseEnd {
  RequestFinished finished;
  std::vector<float> scores{};    ///< One for each choice, in order; beam search only.
  std::int64_t completed_at = 0;  ///< Unix seconds
};

class Response {
 public:
  Response(RequestId request, std::string id, ResponseCreate create, TimePoint arrival);

  RequestId request() const { return request_; }
  const std::string& id() const { return id_; }
  ResponseState state() const { return state_; }
  TimePoint arrival() const { return arrival_; }
  const ResponseCreate& create() const { return *create_; }
  /// For the desk, which may outlive the response.
  std::shared_ptr<const ResponseCreate> shared_create() const { return create_; }

  /// kQueued or kPreparing -> kPreparing.
  void begin_preparing() { state_ = ResponseState::kPreparing; }
  /// More input, before the prompt is there.
  void add_input(Steer steer);
  /// kPreparing -> kRunning. model: outlives the response. created_at: Unix seconds.
  void start(const ServedModel& model, Prompt prompt, std::int64_t created_at);

  // From here on only while it runs.
  const std::string& model_name() const { return model_->name; }
  std::int64_t created_at() const { return created_at_; }
  const std::vector<TokenId>& prompt_tokens() const { return prompt_.tokens; }
  /// Null for a model without one.
  const Tokenizer* tokenizer() const { return model_->tokenizer.get(); }
  /// Of the prompt's tokens from the second on, as far as they have come, which is all once a
  /// choice has begun. Empty where they were not asked for.
  const std::vector<PromptLogprob>& prompt_logprobs() const { return prompt_logprobs_; }
  const std::shared_ptr<const TokenConstraint>& constraint() const { return prompt_.constraint; }
  const std::vector<CompletionChoice>& choices() const { return choices_; }
  const CompletionChoice& choice(std::int32_t index) const {
    return choices_.at(static_cast<std::size_t>(index));
  }

  /// The item's place in the response's output, once it has begun: in the order in which items
  /// begin. Choices that are one message each stand in their own order.
  std::int32_t output_index(std::int32_t choice, std::int32_t item) const;
  /// The items that have begun, by that place: (choice, item).
  std::vector<std::pair<std::int32_t, std::int32_t>> output() const;
  /// By which a call is answered.
  std::string call_id(std::int32_t choice, std::int32_t item) const;

  /// Appends the events for the client. True when a stop string has ended the choice and the
  /// scheduler does not know yet: cancel it there.
  bool append(const TokensGenerated& tokens, bool is_congested, std::vector<ResponseEvent>& events);
  /// Keeps the log-probabilities of the prompt that the engine tells.
  void add(const PromptLogprobsComputed& computed);
  /// What was held back by congestion.
  void release(std::vector<ResponseEvent>& events);
  /// The server ends it, with this error, before the engine does: kRunning -> kEnded.
  void cut_short(const Error& error, std::int64_t completed_at, std::vector<ResponseEvent>& events);
  /// The tokens that its client was given, over all choices; and those of them that were thought.
  std::int64_t num_completion_tokens() const;
  std::int64_t num_reasoning_tokens() const;
  /// kRunning -> kEnded. The usage of the end is what the client was given, whatever the engine has
  /// computed.
  void finish(const RequestFinished& finished, std::int64_t completed_at);
  /// Only once it has ended.
  const ResponseEnd& end() const { return *end_; }
  /// What a continuation needs; only after finish(), and once.
  RememberedResponse remember();

  /// Events are numbered from 0 without a gap; the client knows of the response from the first.
  std::int64_t num_events() const { return num_events_; }
  void count_events(std::int64_t count) { num_events_ += count; }

  /// The client wants it to end. Before it runs, it is cancelled as soon as it does; after it was
  /// steered, its successor is.
  bool is_cancelled = false;
  /// More input came while its prompt was being made: that prompt is of no use.
  bool grew_at_desk = false;
  /// Whose input it holds, until its client knows of it.
  std::vector<Steer> own_steers;
  /// Whose input its successor will hold.
  std::vector<Steer> next_steers;
  std::optional<TimePoint> last_token;               ///< When the first choice had one.
  Usage counted;                                     ///< What of it the metrics have so far.
  std::shared_ptr<const RememberedResponse> memory;  ///< While it is being stored.
  bool is_kept = true;                               ///< Storing it has not failed.
  std::shared_ptr<EventLog> event_log;  ///< Where its client can come back to it; else null.
  std::optional<TimePoint> gone_at;     ///< When its connection broke, or was last listened to.

 private:
  void tell_news(std::int32_t index, std::vector<ResponseEvent>& events);
  CompletionChoice make_choice() const;
  boost::json::object message_of_first() const;
  RememberedResponse remember_summary(RememberedResponse response) const;
  std::vector<float> scores() const;

  RequestId request_;
  std::string id_;
  TimePoint arrival_;
  std::shared_ptr<const ResponseCreate> create_;
  ResponseState state_ = ResponseState::kQueued;
  const ServedModel* model_ = nullptr;
  std::int64_t created_at_ = 0;
  Prompt prompt_;
  std::vector<PromptLogprob> prompt_logprobs_;
  std::vector<CompletionChoice> choices_;
  std::vector<std::pair<std::int32_t, std::int32_t>> output_;  ///< As output() has it.
  std::optional<ResponseEnd> end_;
  std::int64_t num_events_ = 0;
};

}  // namespace octavo
