// An executor that says what a file tells it, token by token: for clients that need a model which
// calls tools of its own accord.
#pragma once

#include <chrono>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "src/engine/step_executor.hpp"
#include "src/text/tokenizer.hpp"

namespace octavo::testing {

/// The answer to the first prompt that `when` is a part of; empty: to any.
struct ScriptLine {
  std::string when;
  std::string say;
};

class ScriptedExecutor final : public ImmediateExecutor {
 public:
  /// eos: ends each answer. pace: how long a step takes.
  ScriptedExecutor(const Tokenizer& tokenizer, std::vector<ScriptLine> script, TokenId eos,
                   std::chrono::milliseconds pace)
      : tokenizer_(tokenizer), script_(std::move(script)), eos_(eos), pace_(pace) {}

  Result<StepResult> execute(const StepBatch& batch) override {
    if (!batch.scheduled.empty()) std::this_thread::sleep_for(pace_);
    for (const Fork& fork : batch.forks) answers_[fork.child] = answers_.at(fork.parent);
    for (const SequenceStart& start : batch.starts) answers_[start.id] = answer_to(start);
    StepResult result;
    result.id = batch.id;
    for (const ScheduledSequence& each : batch.scheduled) {
      if (!each.samples) continue;
      if (each.twin_of >= 0)
        answers_[each.id] = answers_.at(batch.scheduled[static_cast<std::size_t>(each.twin_of)].id);
    }
    for (const ScheduledSequence& each : batch.scheduled) {
      if (!each.samples) continue;
      Answer& answer = answers_.at(each.id);
      SampledToken token;
      token.sequence = each.id;
      token.token = answer.next < answer.tokens.size() ? answer.tokens[answer.next++] : eos_;
      result.sampled.push_back(token);
    }
    for (const SequenceId id : batch.released) answers_.erase(id);
    return result;
  }

 private:
  struct Answer {
    std::vector<TokenId> tokens;
    std::size_t next = 0;
  };

  // What was said before a sequence was thrown out is part of what it starts with.
  Answer answer_to(const SequenceStart& start) const {
    const auto num_prompt = static_cast<std::size_t>(start.num_prompt_tokens);
    const std::string prompt = tokenizer_.decode(std::span(start.tokens).first(num_prompt), false);
    for (const ScriptLine& line : script_) {
      if (prompt.find(line.when) == std::string::npos) continue;
      return {tokenizer_.encode(line.say, false).value(), start.tokens.size() - num_prompt};
    }
    return {};
  }

  const Tokenizer& tokenizer_;
  std::vector<ScriptLine> script_;
  TokenId eos_;
  std::chrono::milliseconds pace_;
  std::unordered_map<SequenceId, Answer> answers_;
};

}  // namespace octavo::testing
