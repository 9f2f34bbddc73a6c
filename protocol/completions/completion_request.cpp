#include "protocol/completions/completion_request.hpp"

#include <algorithm>

#include "protocol/named_values.hpp"
#include "protocol/sampling_fields.hpp"
#include "protocol/unknown_fields.hpp"

namespace octavo {
namespace {

namespace json = boost::json;

// As OpenAI's: whoever leaves it out expects a short answer.
constexpr std::int32_t kUsualMaxTokens = 16;
constexpr std::string_view kPrompt =
    "a string, a list of strings, a list of token ids, or a list of such lists, not empty";

bool is_ids(const json::value& value) {
  const auto* list = value.if_array();
  return list != nullptr && !list->empty() && list->front().is_number();
}

void add_prompt(JsonReader& fields, const json::value& prompt, std::vector<ResponseCreate>& creates,
                const ResponseCreate& settings) {
  ResponseCreate create = settings;
  create.prompt_index = static_cast<std::int32_t>(creates.size());
  if (prompt.is_string()) {
    create.prompt_text = std::string(prompt.get_string());
  } else if (is_ids(prompt)) {
    create.input_token_ids.emplace();
    for (const json::value& id : prompt.get_array())
      create.input_token_ids->push_back(
          static_cast<TokenId>(fields.as_integer("prompt", id, 0, INT32_MAX)));
  } else {
    fields.wrong("prompt", kPrompt);
  }
  creates.push_back(std::move(create));
}

std::vector<ResponseCreate> creates_of(JsonReader& fields, const json::value& prompt,
                                       const ResponseCreate& settings) {
  std::vector<ResponseCreate> creates;
  const bool is_list = prompt.is_array() && !is_ids(prompt);
  if (!is_list) {
    add_prompt(fields, prompt, creates, settings);
    return creates;
  }
  const json::array& prompts = prompt.get_array();
  if (prompts.empty()) fields.wrong("prompt", kPrompt);
  if (prompts.size() > kMaxPrompts)
    fields.wrong("prompt", "a list of at most " + std::to_string(kMaxPrompts) + " prompts");
  for (const json::value& each : prompts) {
    if (fields.error()) break;
    add_prompt(fields, each, creates, settings);
  }
  return creates;
}

// The k best beside each token; `true` and `false` are vLLM's and mean one and none.
void read_logprobs(JsonReader& fields, CompletionOptions& options, ResponseCreate& create) {
  const auto* given = fields.find("logprobs");
  if (given == nullptr) return;
  options.num_logprobs =
      given->is_bool() ? (given->get_bool() ? 1 : -1)
                       : static_cast<std::int32_t>(fields.as_integer("logprobs", *given, 0, 20));
  create.include_logprobs = options.num_logprobs >= 0;
  if (create.include_logprobs) create.sampling.num_logprobs = options.num_logprobs;
}

// 0 asks for no more than the echo. The engine always goes on by one token, which stays untold.
void read_most_tokens(JsonReader& fields, CompletionOptions& options, ResponseCreate& create) {
  const auto* given = fields.find("max_tokens");
  options.has_completion = given == nullptr || *given != 0;
  if (options.has_completion) {
    read_max_tokens(fields, "max_tokens", create);
    if (!create.max_tokens) create.max_tokens = kUsualMaxTokens;
    return;
  }
  if (!options.echo) fields.wrong("max_tokens", "at least 1, or 0 together with `echo`");
  create.max_tokens = 1;
}

}  // namespace

Result<CompletionRequest> parse_completion_request(const json::object& body) {
  CompletionRequest request;
  ResponseCreate settings;
  JsonReader fields(body);
  static_cast<AnswerOptions&>(request.options) = read_completion_fields(fields, settings);
  read_logprobs(fields, request.options, settings);
  fields.read("echo", request.options.echo);
  read_most_tokens(fields, request.options, settings);
  if (request.options.echo)
    settings.sampling.num_prompt_logprobs =
        std::max(settings.sampling.num_prompt_logprobs, request.options.num_logprobs);
  const auto* prompt = fields.find("prompt");
  if (prompt == nullptr)
    fields.wrong("prompt", kPrompt);
  else if (!fields.error())
    request.creates = creates_of(fields, *prompt, settings);
  if (fields.error()) return *fields.error();
  note_unknown(fields, "", request.creates.front().unknown_fields);
  return request;
}

}  // namespace octavo
