#include "actors/response_task.hpp"

namespace octavo {

ResponseTask::ResponseTask(RequestId request, std::string response_id, const ServedModel& model,
                           ResponseCreate create, Prompt prompt, std::int64_t created_at)
    : request_(request),
      model_(model),
      create_(std::move(create)),
      prompt_(std::move(prompt)),
      stream_(std::move(response_id), model.name, created_at, create_) {
  choices_.reserve(static_cast<std::size_t>(create_.sampling.n));
  for (std::int32_t i = 0; i < create_.sampling.n; ++i) {
    choices_.emplace_back(
        CompletionText(*model.tokenizer, create_.sampling.stop, create_.sampling.min_tokens));
  }
}

void ResponseTask::begin(std::vector<std::string>& frames) {
  frames.push_back(stream_.created());
  frames.push_back(stream_.in_progress());
}

std::vector<std::int32_t> ResponseTask::append(const TokensGenerated& event, bool congested,
                                               std::vector<std::string>& frames) {
  Choice& choice = choices_.at(static_cast<std::size_t>(event.choice));
  if (choice.finished || !create_.generate) return {};
  choice.score = event.score;
  if (!stream_.has_begun(event.choice)) stream_.begin_choice(event.choice, frames);
  bool stop_matched = false;
  for (std::size_t i = 0; i < event.tokens.size() && !stop_matched; ++i) {
    const bool stops = event.finished == FinishReason::kStop && i + 1 == event.tokens.size();
    if (!stops) stop_matched = take(choice, event.tokens[i]);  // The stop token itself is no text.
  }
  if (stop_matched || event.finished) {
    finish(event.choice, stop_matched ? FinishReason::kStop : *event.finished, frames);
  } else if (!congested) {
    flush(event.choice, frames);
  }
  return stop_matched && !event.finished ? std::vector{event.choice} : std::vector<std::int32_t>{};
}

bool ResponseTask::take(Choice& choice, const SampledToken& token) {
  choice.tokens.push_back(token.token);
  if (token.logprob) choice.pending_logprobs.push_back(entry_of(token));
  return choice.text.append(token.token, choice.pending_text);
}

void ResponseTask::flush(std::int32_t index, std::vector<std::string>& frames) {
  Choice& choice = choices_[static_cast<std::size_t>(index)];
  if (choice.pending_text.empty()) return;
  frames.push_back(stream_.delta(index, choice.pending_text, choice.pending_logprobs));
  choice.pending_text.clear();
  choice.pending_logprobs.clear();
}

void ResponseTask::release(std::vector<std::string>& frames) {
  for (std::size_t i = 0; i < choices_.size(); ++i) {
    if (!choices_[i].finished) flush(static_cast<std::int32_t>(i), frames);
  }
}

void ResponseTask::finish(std::int32_t index, FinishReason reason,
                          std::vector<std::string>& frames) {
  Choice& choice = choices_[static_cast<std::size_t>(index)];
  choice.is_cut = choice.text.finish(choice.pending_text);
  if (choice.is_cut) reason = FinishReason::kStop;
  choice.finished = reason;
  if (!choice.pending_text.empty() || !choice.pending_logprobs.empty()) {
    frames.push_back(stream_.delta(index, choice.pending_text, choice.pending_logprobs));
  }
  stream_.end_choice(index, reason, frames);
}

void ResponseTask::end(const RequestFinished& finished, std::int64_t completed_at,
                       std::vector<std::string>& frames) {
  ResponseEnd end;
  end.reason = finished.reason;
  end.error = finished.error;
  end.usage = finished.usage;
  end.timings = finished.timings;
  end.num_preemptions = finished.num_preemptions;
  end.num_shared_blocks = finished.num_shared_blocks;
  end.scores = scores();
  end.completed_at = completed_at;
  if (!create_.generate) {
    end.usage.num_completion_tokens = 0;
    if (end.reason == FinishReason::kLength)
      end.reason = FinishReason::kStop;  // Its one token was only the prefill's end.
  } else {
    // Several choices are complete only if every one of them is.
    for (const Choice& choice : choices_) {
      if (choice.finished && *choice.finished > end.reason) end.reason = *choice.finished;
    }
  }
  frames.push_back(stream_.end(end));
}

RememberedResponse ResponseTask::remember() {
  RememberedResponse response;
  response.id = stream_.id();
  response.stream_id = create_.stream_id;
  response.store = create_.store;
  response.num_events = stream_.num_events();
  response.messages = std::move(prompt_.messages);
  response.prompt_text = std::move(prompt_.text);
  response.tokens = std::move(prompt_.tokens);
  response.settings = create_;
  response.settings.input.clear();
  response.settings.text_input.clear();
  response.settings.input_token_ids.reset();
  response.settings.unknown_fields.clear();
  if (!create_.generate) return response;
  const Choice& choice = choices_[0];
  const std::string& text = stream_.text_of(0);
  if (choice.is_cut) {
    response.cut_text = text;
  } else {
    response.output_text = text;
    response.tokens.insert(response.tokens.end(), choice.tokens.begin(), choice.tokens.end());
  }
  boost::json::object answer{{"role", "assistant"}, {"content", text}};
  response.messages.push_back(std::move(answer));
  return response;
}

// Empty unless every choice has one: a search that was cut short has none.
std::vector<float> ResponseTask::scores() const {
  std::vector<float> scores;
  for (const Choice& choice : choices_) {
    if (!choice.score) return {};
    scores.push_back(*choice.score);
  }
  return scores;
}

LogprobEntry ResponseTask::entry_of(const SampledToken& token) const {
  LogprobEntry entry;
  entry.bytes = std::string(model_.tokenizer->token_bytes(token.token));
  entry.logprob = *token.logprob;
  for (const TokenLogprob& each : token.top) {
    entry.top.emplace_back(std::string(model_.tokenizer->token_bytes(each.id)), each.logprob);
  }
  return entry;
}

}  // namespace octavo
