#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <charconv>
#include <cstdio>

#include "protocol/input_items.hpp"
#include "src/app/cli/commands/commands.hpp"
#include "src/app/cli/flags/sampling_flags.hpp"
#include "src/app/cli/load.hpp"
#include "src/core/json_number.hpp"
#include "src/core/utf8.hpp"
#include "src/library/local_generator.hpp"
#include "src/library/text_file.hpp"
#include "src/response/prompt.hpp"

namespace octavo {
namespace {

namespace json = boost::json;

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

json::object choice_json(const Generation::Choice& choice, std::size_t index, bool with_logprobs) {
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

bool print_now(std::int32_t, std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
  return true;
}

Result<Generation> run(const LocalModel& model, const Prompt& prompt,
                       const SamplingParams& sampling, bool streams) {
  LocalGenerator generator(model);
  auto submitted = generator.submit(prompt.tokens, sampling,
                                    streams ? LocalGenerator::OnText(print_now) : nullptr);
  if (!submitted) return submitted.error();
  while (generator.step()) {
  }
  Generation generation = std::move(generator.take_ended().front().second);
  if (generation.error) return *generation.error;
  return generation;
}

void print_json(const Prompt& prompt, const Generation& generation, bool with_logprobs) {
  json::array prompt_ids(prompt.tokens.begin(), prompt.tokens.end());
  json::array choices;
  for (std::size_t i = 0; i < generation.choices.size(); ++i)
    choices.push_back(choice_json(generation.choices[i], i, with_logprobs));
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

/// What was not printed as it came.
void print_text(const Generation& generation, bool was_printed) {
  if (was_printed) std::printf("\n");
  for (const Generation::Choice& choice : generation.choices) {
    const std::string& text = choice.completion.text();
    if (choice.completion.score())
      std::printf("--- score %.6f\n%s\n", *choice.completion.score(), text.c_str());
    else if (!was_printed)
      std::printf("--- %s\n", text.c_str());
  }
}

}  // namespace

Result<int> generate(const GenerateOptions& options) {
  ResponseCreate create = options.create;
  if (auto filled = fill_input(options, create); !filled) return filled.error();
  auto resolved_options = resolved(options.model);
  if (!resolved_options) return resolved_options.error();
  auto executor = load_executor(*resolved_options);
  if (!executor) return executor.error();
  auto model = complete_model(std::move(*executor), *resolved_options, {});
  if (!model) return model.error();
  if (!create.max_tokens && !model->served.max_tokens) create.max_tokens = kDefaultMaxTokens;
  auto sampling = complete_sampling(model->served, create);
  if (!sampling) return in_flags(sampling.error());
  auto prompt = prompt_of(options, model->served, create);
  if (!prompt) return prompt.error();
  const bool is_one_text = sampling->n == 1 && !sampling->is_beam_search();
  auto generation = run(*model, *prompt, *sampling, is_one_text && !options.json);
  if (!generation) return generation.error();
  if (options.json)
    print_json(*prompt, *generation, sampling->num_logprobs >= 0);
  else
    print_text(*generation, is_one_text);
  return 0;
}

}  // namespace octavo
