#include "src/response/response.hpp"

#include <utility>

namespace octavo {

Response::Response(RequestId request, std::string id, ResponseCreate create, TimePoint arrival)
    : request_(request),
      id_(std::move(id)),
      arrival_(arrival),
      create_(std::make_shared<const ResponseCreate>(std::move(create))) {}

void Response::add_input(Steer steer) {
  auto grown = std::make_shared<ResponseCreate>(*create_);
  const ResponseSteer& said = steer.said;
  grown->input.insert(grown->input.end(), said.input.begin(), said.input.end());
  grown->text_input += said.text_input;
  create_ = std::move(grown);
  own_steers.push_back(std::move(steer));
}

void Response::start(const ServedModel& model, Prompt prompt, std::int64_t created_at) {
  OCTAVO_ASSERT(state_ == ResponseState::kPreparing);
  state_ = ResponseState::kRunning;
  model_ = &model;
  prompt_ = std::move(prompt);
  created_at_ = created_at;
  const SamplingParams& sampling = create_->sampling;
  choices_.assign(static_cast<std::size_t>(sampling.n),
                  CompletionChoice(model.tokenizer.get(), sampling, create_->text_options));
}

bool Response::append(const TokensGenerated& tokens, bool is_congested,
                      std::vector<ResponseEvent>& events) {
  CompletionChoice& choice = choices_.at(static_cast<std::size_t>(tokens.choice));
  if (choice.finished() || !create_->generate) return false;
  if (!choice.has_begun()) events.emplace_back(ChoiceBegan{tokens.choice});
  const bool stop_matched = choice.append(tokens);
  if (choice.finished()) {
    if (choice.has_news()) add_text(tokens.choice, events);
    events.emplace_back(ChoiceEnded{tokens.choice});
  } else if (!is_congested && choice.has_new_text()) {
    add_text(tokens.choice, events);
  }
  return stop_matched;
}

void Response::add_text(std::int32_t index, std::vector<ResponseEvent>& events) {
  CompletionChoice& choice = choices_.at(static_cast<std::size_t>(index));
  events.emplace_back(TextAdded{index, choice.take_text(), choice.take_logprobs()});
}

void Response::release(std::vector<ResponseEvent>& events) {
  for (std::size_t i = 0; i < choices_.size(); ++i) {
    if (!choices_[i].finished() && choices_[i].has_new_text())
      add_text(static_cast<std::int32_t>(i), events);
  }
}

void Response::cut_short(const Error& error, std::int64_t completed_at,
                         std::vector<ResponseEvent>& events) {
  for (std::size_t i = 0; i < choices_.size(); ++i) {
    if (!choices_[i].has_begun() || choices_[i].finished()) continue;
    TokensGenerated last{request_, static_cast<std::int32_t>(i), {}, FinishReason::kError, {}};
    append(last, false, events);
  }
  RequestFinished finished;
  finished.request = request_;
  finished.reason = FinishReason::kError;
  finished.error = error;
  finished.usage.num_prompt_tokens = static_cast<std::int64_t>(prompt_.tokens.size());
  finish(finished, completed_at);
  events.emplace_back(ResponseEnded{});
}

std::int64_t Response::num_completion_tokens() const {
  std::int64_t num_tokens = 0;
  for (const CompletionChoice& choice : choices_) num_tokens += choice.num_tokens();
  return num_tokens;
}

void Response::finish(const RequestFinished& finished, std::int64_t completed_at) {
  OCTAVO_ASSERT(state_ == ResponseState::kRunning);
  state_ = ResponseState::kEnded;
  end_ = ResponseEnd{finished, scores(), completed_at};
  FinishReason& reason = end_->finished.reason;
  // A prefill alone gives its client none: its one token was only the prefill's end.
  end_->finished.usage.num_completion_tokens = num_completion_tokens();
  if (!create_->generate) {
    if (reason == FinishReason::kLength) reason = FinishReason::kStop;
    return;
  }
  // Several choices are complete only if every one of them is.
  for (const CompletionChoice& choice : choices_) {
    if (choice.finished() && *choice.finished() > reason) reason = *choice.finished();
  }
}

RememberedResponse Response::remember() {
  RememberedResponse response;
  response.id = id_;
  response.stream_id = create_->stream_id;
  response.store = create_->store;
  response.num_events = num_events_;
  response.messages = std::move(prompt_.messages);
  response.prompt_text = std::move(prompt_.text);
  response.tokens = std::move(prompt_.tokens);
  response.settings = create_->settings();
  if (!create_->generate) return response;
  const CompletionChoice& first = choices_[0];
  if (first.is_cut()) {
    response.cut_text = first.text();
  } else {
    response.output_text = first.text();
    response.tokens.insert(response.tokens.end(), first.tokens().begin(), first.tokens().end());
  }
  response.messages.push_back(
      boost::json::object{{"role", "assistant"}, {"content", first.text()}});
  return response;
}

// Empty unless every choice has one: a search that was cut short has none.
std::vector<float> Response::scores() const {
  std::vector<float> scores;
  for (const CompletionChoice& choice : choices_) {
    if (!choice.score()) return {};
    scores.push_back(*choice.score());
  }
  return scores;
}

}  // namespace octavo
