#include "src/library/local_generator.hpp"

#include <string>

#include "src/scheduler/admission.hpp"

namespace octavo {

LocalGenerator::~LocalGenerator() {
  for (auto& [request, run] : running_) {
    run.on_text = nullptr;
    cancel(request);
  }
  while (step()) {
  }
}

Result<RequestId> LocalGenerator::submit(std::vector<TokenId> prompt,
                                         const SamplingParams& sampling, OnText on_text) {
  Request request;
  request.id = RequestId{last_id_ + 1};
  request.prompt = std::move(prompt);
  request.sampling = sampling;
  if (auto error = refusal(model_.config, request, QueueLoad{}, StepCost{}, TimePoint{}))
    return *error;
  ++last_id_;
  Run run{{}, std::move(on_text)};
  for (std::int32_t i = 0; i < sampling.n; ++i)
    run.generation.choices.push_back({CompletionChoice(model_.served.tokenizer.get(), sampling)});
  running_.emplace(request.id, std::move(run));
  const RequestId id = request.id;
  engine_.submit(std::move(request));
  return id;
}

bool LocalGenerator::step() {
  if (is_idle()) return false;
  for (const RequestEvent& event : engine_.step()) {
    if (const auto* tokens = std::get_if<TokensGenerated>(&event)) take(*tokens);
    if (const auto* rejected = std::get_if<RequestRejected>(&event))
      end(rejected->request, FinishReason::kError, {}, rejected->error);
    if (const auto* finished = std::get_if<RequestFinished>(&event))
      end(finished->request, finished->reason, finished->usage, finished->error);
  }
  if (thrown_) std::rethrow_exception(std::exchange(thrown_, nullptr));
  return !is_idle();
}

void LocalGenerator::take(const TokensGenerated& event) {
  const auto found = running_.find(event.request);
  if (found == running_.end()) return;
  auto& choices = found->second.generation.choices;
  Generation::Choice& choice = choices[static_cast<std::size_t>(event.choice)];
  if (choice.completion.finished()) return;
  choice.sampled.insert(choice.sampled.end(), event.tokens.begin(), event.tokens.end());
  if (choice.completion.append(event))
    engine_.cancel(event.request, CancelReason::kStopMatched, event.choice);
  if (found->second.on_text) tell(found->second, event);
}

void LocalGenerator::tell(Run& run, const TokensGenerated& event) {
  auto& choice = run.generation.choices[static_cast<std::size_t>(event.choice)];
  const std::string text = choice.completion.take_text();
  if (text.empty()) return;
  bool goes_on = false;
  try {
    goes_on = run.on_text(event.choice, text);
  } catch (...) {
    if (!thrown_) thrown_ = std::current_exception();
  }
  if (goes_on) return;
  run.on_text = nullptr;
  cancel(event.request);
}

void LocalGenerator::end(RequestId request, FinishReason reason, const Usage& usage,
                         std::optional<Error> error) {
  const auto found = running_.find(request);
  if (found == running_.end()) return;
  Generation generation = std::move(found->second.generation);
  running_.erase(found);
  generation.reason = reason;
  generation.error = std::move(error);
  generation.usage = usage;
  generation.usage.num_completion_tokens = 0;
  for (const Generation::Choice& choice : generation.choices)
    generation.usage.num_completion_tokens += choice.completion.num_tokens();
  ended_.emplace_back(request, std::move(generation));
}

}  // namespace octavo
