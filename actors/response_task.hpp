// One response under way, seen from its session: engine events in, frames out. Holds the text of
// each choice back until characters are whole and no stop string can begin in it, and remembers the
// tokens for whoever continues the response. While the connection is congested, deltas merge: text
// waits here, unnumbered, until release() or the end.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "actors/prompt.hpp"
#include "actors/served_model.hpp"
#include "protocol/response_stream.hpp"
#include "src/text/completion_text.hpp"

namespace octavo {

class ResponseTask {
 public:
  ResponseTask(RequestId request, std::string response_id, const ServedModel& model,
               ResponseCreate create, Prompt prompt, std::int64_t created_at);

  RequestId request() const { return request_; }
  const std::string& response_id() const { return stream_.id(); }
  const ResponseCreate& create() const { return create_; }
  std::int64_t num_prompt_tokens() const {
    return static_cast<std::int64_t>(prompt_.tokens.size());
  }
  const std::vector<TokenId>& prompt_tokens() const { return prompt_.tokens; }

  /// response.created and response.in_progress.
  void begin(std::vector<std::string>& frames);
  /// Frames of the tokens, unless `congested`. Answers the choices whose stop string matched:
  /// cancel them.
  std::vector<std::int32_t> append(const TokensGenerated& event, bool congested,
                                   std::vector<std::string>& frames);
  /// Frames of what was held back by congestion.
  void release(std::vector<std::string>& frames);
  void preempted(PreemptionMode mode, std::vector<std::string>& frames) {
    frames.push_back(stream_.preempted(mode));
  }
  void resumed(PreemptionMode mode, std::vector<std::string>& frames) {
    frames.push_back(stream_.resumed(mode));
  }
  /// True once the client knows of it.
  bool has_begun() const { return stream_.num_events() > 0; }
  std::int64_t take_event_number() { return stream_.take_event_number(); }
  /// The terminal event.
  void end(const RequestFinished& finished, std::int64_t completed_at,
           std::vector<std::string>& frames);

  /// What a continuation needs; only after end().
  RememberedResponse remember();

 private:
  struct Choice {
    explicit Choice(CompletionText completion) : text(std::move(completion)) {}
    CompletionText text;
    std::vector<TokenId> tokens;
    std::string pending_text;
    std::vector<LogprobEntry> pending_logprobs;
    bool is_cut = false;  ///< By a stop string.
    std::optional<FinishReason> finished;
    std::optional<float> score;
  };

  bool take(Choice& choice, const SampledToken& token);
  void flush(std::int32_t index, std::vector<std::string>& frames);
  void finish(std::int32_t index, FinishReason reason, std::vector<std::string>& frames);
  LogprobEntry entry_of(const SampledToken& token) const;
  std::vector<float> scores() const;

  RequestId request_;
  const ServedModel& model_;
  ResponseCreate create_;
  Prompt prompt_;
  ResponseStream stream_;
  std::vector<Choice> choices_;
};

}  // namespace octavo
