#include "src/response/response.hpp"

#include <algorithm>
#include <utility>

#include "src/output/tool_messages.hpp"

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
  for (std::int32_t i = 0; i < create_->sampling.n; ++i) choices_.push_back(make_choice());
}

// Only what a chat template has begun is in the model's own marks; other prompts get all as text.
CompletionChoice Response::make_choice() const {
  TextOptions options = create_->text_options;
  if (!prompt_.is_chat)
    return CompletionChoice(model_->tokenizer.get(), create_->sampling, options);
  static const std::vector<Tool> kNoTools;
  const bool may_call = create_->tool_choice.mode != ToolMode::kNone;
  auto parser = make_output_parser(model_->format, may_call ? create_->tools : kNoTools,
                                   prompt_.begins_in_reasoning);
  if (parser != nullptr) options.shown = model_->mark_tokens;
  const std::size_t max_calls = create_->parallel_tool_calls ? SIZE_MAX : 1;
  return {model_->tokenizer.get(), create_->sampling, options, std::move(parser), max_calls};
}

void Response::add(const PromptLogprobsComputed& computed) {
  // What comes once more, after a preemption, is what came before.
  const auto first = static_cast<std::size_t>(computed.first_position) - 1;
  const std::size_t end = first + computed.tokens.size();
  if (prompt_logprobs_.size() < end) prompt_logprobs_.resize(end);
  std::ranges::copy(computed.tokens, prompt_logprobs_.begin() + static_cast<std::ptrdiff_t>(first));
}

bool Response::append(const TokensGenerated& tokens, bool is_congested,
                      std::vector<ResponseEvent>& events) {
  CompletionChoice& choice = choices_.at(static_cast<std::size_t>(tokens.choice));
  if (choice.finished() || !create_->generate) return false;
  if (!choice.has_begun()) events.emplace_back(ChoiceBegan{tokens.choice});
  const bool stop_matched = choice.append(tokens);
  if (choice.finished() || !is_congested) tell_news(tokens.choice, events);
  if (choice.finished()) events.emplace_back(ChoiceEnded{tokens.choice});
  return stop_matched;
}

void Response::tell_news(std::int32_t index, std::vector<ResponseEvent>& events) {
  CompletionChoice& choice = choices_.at(static_cast<std::size_t>(index));
  for (ItemNews& news : choice.take_news()) {
    if (news.begins) {
      output_.emplace_back(index, news.item);
      events.emplace_back(ItemBegan{index, news.item});
    }
    if (!news.text.empty() || !news.logprobs.empty()) {
      events.emplace_back(
          TextAdded{index, news.item, std::move(news.text), std::move(news.logprobs)});
    }
    if (news.ends) events.emplace_back(ItemEnded{index, news.item});
  }
}

std::int32_t Response::output_index(std::int32_t choice, std::int32_t item) const {
  if (!choices_.at(static_cast<std::size_t>(choice)).has_parser()) return choice;
  const auto found = std::ranges::find(output_, std::pair(choice, item));
  OCTAVO_ASSERT(found != output_.end());
  return static_cast<std::int32_t>(found - output_.begin());
}

std::vector<std::pair<std::int32_t, std::int32_t>> Response::output() const {
  auto output = output_;
  std::ranges::sort(output, {},
                    [&](const auto& each) { return output_index(each.first, each.second); });
  return output;
}

std::string Response::call_id(std::int32_t choice, std::int32_t item) const {
  return "call_" + id_.substr(5) + "_" + std::to_string(choice) + "_" + std::to_string(item);
}

void Response::release(std::vector<ResponseEvent>& events) {
  for (std::size_t i = 0; i < choices_.size(); ++i) {
    if (!choices_[i].finished()) tell_news(static_cast<std::int32_t>(i), events);
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

std::int64_t Response::num_reasoning_tokens() const {
  std::int64_t num_tokens = 0;
  for (const CompletionChoice& choice : choices_) num_tokens += choice.num_reasoning_tokens();
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
  if (create_->is_summary) return remember_summary(std::move(response));
  const CompletionChoice& first = choices_[0];
  if (first.is_cut()) {
    response.cut_text = first.text();
  } else {
    response.output_text = first.text();
    response.tokens.insert(response.tokens.end(), first.tokens().begin(), first.tokens().end());
  }
  response.messages.push_back(message_of_first());
  return response;
}

// Some templates want a user's message before every answer, so the last, which asked for the
// summary, stays.
RememberedResponse Response::remember_summary(RememberedResponse response) const {
  const boost::json::value question = response.messages.back();
  response.messages = {question, message_of_first()};
  response.prompt_text.clear();
  response.tokens.clear();
  return response;
}

// The answer as templates take it: what was said, what was thought, and the calls.
boost::json::object Response::message_of_first() const {
  boost::json::object message{{"role", "assistant"}};
  std::string content;
  std::string reasoning;
  boost::json::array calls;
  const std::vector<OutputItem>& items = choices_[0].items();
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (items[i].kind == ItemKind::kMessage) content += items[i].text;
    if (items[i].kind == ItemKind::kReasoning) reasoning += items[i].text;
    if (items[i].kind != ItemKind::kFunctionCall) continue;
    calls.push_back(
        tool_call_json(call_id(0, static_cast<std::int32_t>(i)), items[i].name, items[i].text));
  }
  message["content"] = content;
  if (!reasoning.empty()) message["reasoning_content"] = reasoning;
  if (!calls.empty()) message["tool_calls"] = std::move(calls);
  return message;
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
