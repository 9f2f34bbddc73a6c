#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <charconv>
#include <cstdio>
#include <filesystem>

#include "protocol/input_items.hpp"
#include "src/app/cli/commands/commands.hpp"
#include "src/app/cli/flags/sampling_flags.hpp"
#include "src/app/cli/load.hpp"
#include "src/core/json_number.hpp"
#include "src/core/utf8.hpp"
#include "src/engine/local_engine.hpp"
#include "src/response/completion_choice.hpp"
#include "src/response/prompt.hpp"

namespace octavo {
namespace {

namespace json = boost::json;

constexpr std::int32_t kDefaultMaxTokens = 128;

struct Choice {
  CompletionChoice completion;
  std::vector<SampledToken> sampled{};  ///< The stop token as well.
};

Result<std::vector<TokenId>> parse_ids(const std::string& text) {
  std::vector<TokenId> ids;
  const char* const end = text.data() + text.size();
  for (const char* at = text.data();;) {
    TokenId id = 0;
    const auto [rest, error] = std::from_chars(at, end, id);
    if (error != std::errc() || (rest < end && *rest != ',')) {
      return Error{Errc::kInvalidValue,
                   "--prompt-ids: `" + quotable(text, 80) + "` is not a list like 1,2,3",
                   "prompt-ids"};
    }
    ids.push_back(id);
    if (rest == end) return ids;
    at = rest + 1;
  }
}

Result<void> fill_input(const GenerateOptions& options, ResponseCreate& create) {
  const int num_inputs =
      (options.prompt ? 1 : 0) + (options.prompt_ids ? 1 : 0) + (options.messages ? 1 : 0);
  if (num_inputs != 1)
    return Error{Errc::kInvalidValue, "give exactly one of --prompt, --prompt-ids and --messages",
                 "prompt"};
  if (options.prompt_ids) {
    auto ids = parse_ids(*options.prompt_ids);
    if (!ids) return ids.error();
    create.input_token_ids = std::move(*ids);
  } else if (options.messages) {
    auto text = read_text_file(*options.messages);
    if (!text) return text.error();
    boost::system::error_code error;
    const json::value messages = json::parse(*text, error);
    if (error || !messages.is_array()) {
      return Error{Errc::kInvalidJson,
                   "--messages: `" + *options.messages + "` is not a JSON list of messages",
                   "messages"};
    }
    auto checked = messages_of(messages);
    if (!checked) {
      return Error{checked.error().code,
                   "--messages: `" + *options.messages + "`: " + checked.error().detail,
                   "messages"};
    }
    create.input = std::move(*checked);
  } else {
    create.text_input = *options.prompt;
  }
  return {};
}

/// The prompt's tokens. `--prompt` is plain text also for a model with a template.
Result<Prompt> prompt_of(const GenerateOptions& options, ServedModel model,
                         const ResponseCreate& create) {
  if (!create.input_token_ids && model.tokenizer == nullptr) {
    return Error{Errc::kInvalidFile, "the model has no tokenizer.json: give --prompt-ids",
                 "prompt"};
  }
  if (options.prompt) model.chat_template.reset();
  return prepare_prompt(model, create, nullptr);
}

json::object choice_json(const Choice& choice, std::size_t index, bool with_logprobs) {
  json::object out{
      {"index", index},
      {"text", choice.completion.text()},
      {"finish_reason", name_of(choice.completion.finished().value_or(FinishReason::kLength))}};
  if (choice.completion.score()) out["score"] = json_number(*choice.completion.score());
  json::array ids;
  json::array logprobs;
  for (const SampledToken& token : choice.sampled) {
    ids.push_back(token.token);
    json::array top;
    for (const TokenLogprob& each : token.top)
      top.push_back(json::array{each.id, json_logprob(each.logprob)});
    logprobs.push_back(json::object{{"id", token.token},
                                    {"logprob", json_logprob(token.logprob.value_or(0.0F))},
                                    {"top", std::move(top)}});
  }
  out["token_ids"] = std::move(ids);
  if (with_logprobs) out["logprobs"] = std::move(logprobs);
  return out;
}

class Generation {
 public:
  Generation(const ServedModel& model, const SamplingParams& sampling, bool streams)
      : streams_(streams && sampling.n == 1 && !sampling.is_beam_search()) {
    for (std::int32_t i = 0; i < sampling.n; ++i)
      choices_.push_back({CompletionChoice(model.tokenizer.get(), sampling)});
  }

  Result<void> run(LocalEngine& engine, Request request) {
    engine.submit(std::move(request));
    do {
      for (const RequestEvent& event : engine.step()) {
        if (const auto* rejected = std::get_if<RequestRejected>(&event)) return rejected->error;
        if (const auto* tokens = std::get_if<TokensGenerated>(&event)) take(*tokens, engine);
        if (const auto* finished = std::get_if<RequestFinished>(&event)) {
          if (finished->error) return *finished->error;
          usage = finished->usage;
          usage.num_completion_tokens = num_given();
        }
      }
    } while (!engine.is_idle());
    return {};
  }

  const std::vector<Choice>& choices() const { return choices_; }
  Usage usage;

 private:
  std::int64_t num_given() const {
    std::int64_t num_tokens = 0;
    for (const Choice& choice : choices_) num_tokens += choice.completion.num_tokens();
    return num_tokens;
  }
  void take(const TokensGenerated& event, LocalEngine& engine) {
    Choice& choice = choices_[static_cast<std::size_t>(event.choice)];
    if (choice.completion.finished()) return;
    choice.sampled.insert(choice.sampled.end(), event.tokens.begin(), event.tokens.end());
    if (choice.completion.append(event))
      engine.cancel(event.request, CancelReason::kStopMatched, event.choice);
    if (!streams_) return;
    const std::string delta = choice.completion.take_text();
    std::fwrite(delta.data(), 1, delta.size(), stdout);
    std::fflush(stdout);
  }

  std::vector<Choice> choices_;
  bool streams_;
};

void print_json(const Prompt& prompt, const Generation& generation, bool with_logprobs) {
  json::array prompt_ids(prompt.tokens.begin(), prompt.tokens.end());
  json::array choices;
  for (std::size_t i = 0; i < generation.choices().size(); ++i)
    choices.push_back(choice_json(generation.choices()[i], i, with_logprobs));
  const Usage& usage = generation.usage;
  const json::object out{
      {"prompt_token_ids", std::move(prompt_ids)},
      {"choices", std::move(choices)},
      {"usage",
       {{"prompt_tokens", usage.num_prompt_tokens},
        {"completion_tokens", usage.num_completion_tokens},
        {"total_tokens", usage.num_prompt_tokens + usage.num_completion_tokens}}}};
  std::printf("%s\n", json::serialize(out).c_str());
}

}  // namespace

Result<int> generate(const GenerateOptions& options) {
  ResponseCreate create = options.create;
  if (auto filled = fill_input(options, create); !filled) return filled.error();
  auto path = resolve_model_path(options.model.model);
  if (!path) return path.error();
  auto executor = load_executor(options.model);
  if (!executor) return executor.error();
  auto config = scheduler_config(options.model, (*executor)->info());
  if (!config) return config.error();
  ServedModel model;
  std::error_code ignored;
  if (std::filesystem::exists(std::filesystem::path(*path) / "tokenizer.json", ignored)) {
    auto served = load_served_model(*path, {}, (*executor)->info(), *config, "");
    if (!served) return served.error();
    model = std::move(*served);
  } else {
    take_model_facts(model, (*executor)->info());
  }
  if (!create.max_tokens && !model.max_tokens) create.max_tokens = kDefaultMaxTokens;
  auto sampling = complete_sampling(model, create);
  if (!sampling) return in_flags(sampling.error());
  auto prompt = prompt_of(options, model, create);
  if (!prompt) return prompt.error();

  LocalEngine engine(*config, **executor);
  Generation generation(model, *sampling, !options.json);
  Request request;
  request.id = RequestId{1};
  request.prompt = prompt->tokens;
  request.sampling = *sampling;
  if (auto run = generation.run(engine, std::move(request)); !run) return run.error();
  if (options.json) {
    print_json(*prompt, generation, sampling->num_logprobs >= 0);
  } else if (sampling->is_beam_search()) {
    for (const Choice& choice : generation.choices())
      std::printf("--- score %.6f\n%s\n", choice.completion.score().value_or(0.0F),
                  choice.completion.text().c_str());
  } else if (sampling->n > 1) {
    for (const Choice& choice : generation.choices())
      std::printf("--- %s\n", choice.completion.text().c_str());
  } else {
    std::printf("\n");
  }
  return 0;
}

}  // namespace octavo
