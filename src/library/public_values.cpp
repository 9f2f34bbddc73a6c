#include "src/library/public_values.hpp"

#include <algorithm>
#include <array>
#include <boost/json/object.hpp>
#include <cctype>

#include "src/core/utf8.hpp"

namespace octavo {
namespace {

namespace json = boost::json;

template <class... Cases>
struct Overloaded : Cases... {
  using Cases::operator()...;
};
template <class... Cases>
Overloaded(Cases...) -> Overloaded<Cases...>;

json::array messages_as_json(const Messages& messages) {
  json::array out;
  for (const ChatMessage& message : messages)
    out.push_back(json::object{{"role", replace_broken_utf8(message.role)},
                               {"content", replace_broken_utf8(message.content)}});
  return out;
}

void set_sampling(const SamplingOptions& options, ResponseCreate& create) {
  create.temperature = options.temperature;
  create.top_p = options.top_p;
  create.top_k = options.top_k;
  create.min_p = options.min_p;
  create.repetition_penalty = options.repetition_penalty;
  create.max_tokens = options.max_tokens;
  SamplingParams& sampling = create.sampling;
  sampling.presence_penalty = options.presence_penalty;
  sampling.frequency_penalty = options.frequency_penalty;
  sampling.min_tokens = options.min_tokens;
  sampling.ignore_eos = options.ignore_eos;
  sampling.stop = options.stop;
  sampling.stop_token_ids = options.stop_token_ids;
  sampling.seed = options.seed;
  sampling.n = options.n;
  sampling.logit_bias = options.logit_bias;
  sampling.num_logprobs = options.top_logprobs;
  sampling.beam_width = options.beam_width;
  sampling.length_penalty = options.length_penalty;
}

Result<OutputFormat> format_of(const SamplingOptions& options) {
  if (!options.json_schema.empty() && !options.regex.empty())
    return Error{Errc::kInvalidValue, "json_schema and regex: set at most one", "regex"};
  if (!options.json_schema.empty())
    return OutputFormat{OutputKind::kJsonSchema, options.json_schema, true, "json_schema"};
  if (!options.regex.empty())
    return OutputFormat{OutputKind::kRegex, options.regex, false, "regex"};
  return OutputFormat{};
}

StopReason stop_reason_of(FinishReason reason) {
  switch (reason) {
    case FinishReason::kStop:
      return StopReason::kStop;
    case FinishReason::kLength:
      return StopReason::kLength;
    case FinishReason::kCancelled:
    case FinishReason::kSteered:
      return StopReason::kCancelled;
    case FinishReason::kDeadline:
    case FinishReason::kError:
      return StopReason::kError;
  }
  return StopReason::kError;
}

Completion::Choice choice_of(const Generation::Choice& choice, FinishReason otherwise) {
  Completion::Choice out;
  out.text = choice.completion.text();
  out.token_ids = choice.completion.tokens();
  out.stop_reason = stop_reason_of(choice.completion.finished().value_or(otherwise));
  out.score = choice.completion.score();
  for (std::size_t i = 0; i < std::min(out.token_ids.size(), choice.sampled.size()); ++i) {
    const SampledToken& token = choice.sampled[i];
    if (!token.logprob) break;
    out.logprobs.push_back({token.token, *token.logprob});
    auto& top = out.top_logprobs.emplace_back();
    for (const TokenLogprob& each : token.top) top.push_back({each.id, each.logprob});
  }
  return out;
}

ErrorKind kind_of(Errc code) {
  switch (code) {
    case Errc::kUnsupportedParameter:
    case Errc::kUnsupportedModel:
      return ErrorKind::kUnsupported;
    case Errc::kContextLengthExceeded:
      return ErrorKind::kContextLengthExceeded;
    case Errc::kInvalidFile:
    case Errc::kInvalidJson:
      return ErrorKind::kInvalidFile;
    case Errc::kTemplateError:
      return ErrorKind::kTemplateError;
    case Errc::kIo:
      return ErrorKind::kIo;
    case Errc::kOutOfMemory:
      return ErrorKind::kOutOfMemory;
    case Errc::kEngineError:
      return ErrorKind::kEngineError;
    default:
      return ErrorKind::kInvalidValue;
  }
}

bool is_name(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; }

/// `--max-model-len` -> `max_model_len`, wherever it stands alone in the text.
std::string without_dashes(std::string text) {
  for (std::size_t at = text.find("--"); at != std::string::npos; at = text.find("--", at)) {
    const bool is_flag =
        (at == 0 || !is_name(text[at - 1])) && at + 2 < text.size() && is_name(text[at + 2]);
    if (!is_flag) {
      at += 2;
      continue;
    }
    text.erase(at, 2);
    for (; at < text.size() && (is_name(text[at]) || text[at] == '-'); ++at) {
      if (text[at] == '-') text[at] = '_';
    }
  }
  return text;
}

/// What the wire calls otherwise than the header.
constexpr std::array<std::pair<std::string_view, std::string_view>, 3> kOtherNames{
    {{"max_output_tokens", "max_tokens"},
     {"octavo.prompt_token_ids", "prompt"},
     {"input", "prompt"}}};

}  // namespace

ModelOptions model_options(const EngineOptions& options) {
  ModelOptions model;
  model.model = options.model;
  model.device = options.device;
  model.tensor_parallel_size = options.tensor_parallel_size;
  model.dtype = options.dtype;
  model.kv_cache_dtype = options.kv_cache_dtype;
  model.quantization = options.quantization;
  model.load_format = options.load_format;
  model.threads = options.threads;
  model.block_size = options.block_size;
  model.max_model_len = options.max_model_len;
  model.max_num_seqs = options.max_num_seqs;
  model.max_num_batched_tokens = options.max_num_batched_tokens;
  if (options.kv_cache_memory > 0) model.kv_cache_memory = std::to_string(options.kv_cache_memory);
  model.gpu_memory_utilization = options.gpu_memory_utilization;
  model.swap_space = static_cast<double>(options.swap_space) / 0x1p30;
  model.enable_prefix_caching = options.enable_prefix_caching;
  model.seed = options.seed;
  return model;
}

EngineInfo info_of(const LocalModel& model) {
  const ModelInfo& info = model.executor->info();
  EngineInfo out;
  out.architecture = info.architecture;
  out.device = info.device;
  out.dtype = kernels::name_of(info.dtype);
  out.vocab_size = model.served.vocab_size;
  out.max_model_len = model.config.max_model_len;
  out.block_size = model.config.block_size;
  out.num_blocks = info.num_blocks;
  out.has_tokenizer = model.served.tokenizer != nullptr;
  out.has_chat_template = model.served.chat_template != nullptr;
  out.warnings = info.defaults.warnings;
  const std::int32_t num_tokens = out.has_tokenizer ? model.served.tokenizer->vocab_size() : 0;
  if (auto warning = vocabulary_warning(num_tokens, info.vocab_size); !warning.empty())
    out.warnings.push_back(std::move(warning));
  return out;
}

Result<ResponseCreate> create_of(const ServedModel& model, const PromptInput& prompt) {
  if (model.tokenizer == nullptr && !std::holds_alternative<TokenIds>(prompt)) {
    return Error{Errc::kUnsupportedParameter,
                 "the model has no tokenizer.json: give the prompt as token ids", "prompt"};
  }
  if (model.chat_template == nullptr && std::holds_alternative<Messages>(prompt)) {
    return Error{Errc::kUnsupportedParameter,
                 "the model has no chat template: give the prompt as a text, or chat_template",
                 "prompt"};
  }
  ResponseCreate create;
  std::visit(
      Overloaded{[&](const std::string& text) { create.prompt_text = text; },
                 [&](const Messages& messages) { create.input = messages_as_json(messages); },
                 [&](const TokenIds& ids) { create.input_token_ids = ids; }},
      prompt);
  return create;
}

Result<ResponseCreate> create_of(const ServedModel& model, const GenerateRequest& request) {
  auto create = create_of(model, request.prompt);
  if (!create) return create;
  const SamplingOptions& sampling = request.sampling;
  if (model.tokenizer == nullptr && !sampling.stop.empty()) {
    return Error{Errc::kUnsupportedParameter,
                 "the model has no tokenizer.json, so there is no text that stop strings end: use "
                 "stop_token_ids",
                 "stop"};
  }
  auto format = format_of(sampling);
  if (!format) return format.error();
  create->format = std::move(*format);
  set_sampling(sampling, *create);
  if (!create->max_tokens && !model.max_tokens) create->max_tokens = kDefaultMaxTokens;
  return create;
}

Completion completion_of(RequestHandle request, const Generation& generation) {
  Completion completion;
  completion.request = request;
  for (const Generation::Choice& choice : generation.choices)
    completion.choices.push_back(choice_of(choice, generation.reason));
  completion.num_prompt_tokens = generation.usage.num_prompt_tokens;
  completion.num_completion_tokens = generation.usage.num_completion_tokens;
  completion.num_cached_tokens = generation.usage.num_cached_tokens;
  if (generation.error) completion.error = engine_error(*generation.error);
  return completion;
}

EngineError engine_error(const Error& error) {
  std::string what = without_dashes(error.message());
  std::string parameter = error.param;
  std::replace(parameter.begin(), parameter.end(), '-', '_');
  for (const auto& [wire, name] : kOtherNames) {
    if (parameter == wire) parameter = name;
    if (wire == "input") continue;  // A word of English too.
    for (std::size_t at = what.find(wire); at != std::string::npos; at = what.find(wire, at))
      what.replace(at, wire.size(), name);
  }
  return EngineError(kind_of(error.code), what, std::move(parameter));
}

}  // namespace octavo
