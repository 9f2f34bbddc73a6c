#include "protocol/completion_fields.hpp"

#include <array>

#include "protocol/create_body.hpp"
#include "protocol/named_values.hpp"
#include "protocol/output_format_fields.hpp"
#include "protocol/sampling_fields.hpp"
#include "protocol/standard_fields.hpp"

namespace octavo {
namespace {

// Each would change the answer, so it may not be left out without a word.
constexpr std::array<std::string_view, 14> kRefused{"suffix",
                                                    "allowed_token_ids",
                                                    "truncate_prompt_tokens",
                                                    "logits_processors",
                                                    "guided_json",
                                                    "guided_regex",
                                                    "guided_choice",
                                                    "guided_grammar",
                                                    "kv_transfer_params",
                                                    "vllm_xargs",
                                                    "prompt_embeds",
                                                    "thinking_token_budget",
                                                    "repetition_detection",
                                                    "return_tokens_as_token_ids"};

constexpr std::size_t kMaxBadWords = 256;

// vLLM's way to ask for a beam search as wide as the number of results.
void read_beam_search(JsonReader& fields, std::int32_t best_of, SamplingParams& sampling) {
  bool use_beam_search = false;
  fields.read("use_beam_search", use_beam_search);
  if (!use_beam_search) return;
  sampling.beam_width = best_of;
}

// Of `best_of` choices the `n` likeliest are answered. Log-probabilities tell which those are.
void read_best_of(JsonReader& fields, AnswerOptions& options, ResponseCreate& create) {
  fields.read("n", options.num_choices);
  std::int32_t best_of = options.num_choices;
  fields.read("best_of", best_of);
  if (best_of < options.num_choices) fields.wrong("best_of", "at least n");
  if (best_of > options.num_choices && options.stream.is_stream)
    fields.unsupported("best_of", "best_of above n is known at the end only: leave `stream` out");
  read_beam_search(fields, best_of, create.sampling);
  read_common_sampling(fields, create);
  if (create.sampling.is_beam_search() || best_of == options.num_choices) return;
  create.sampling.n = best_of;
  create.sampling.num_logprobs = 0;
}

// Those of the prompt's own tokens, and of the k best beside each.
void read_prompt_logprobs(JsonReader& fields, AnswerOptions& options, ResponseCreate& create) {
  const auto* given = fields.find("prompt_logprobs");
  if (given == nullptr || *given == false) return;
  fields.read("prompt_logprobs", options.num_prompt_logprobs);
  if (options.num_prompt_logprobs < 0 || options.num_prompt_logprobs > 20)
    fields.wrong("prompt_logprobs", "between 0 and 20");
  if (options.stream.is_stream)
    fields.unsupported("prompt_logprobs",
                       "prompt_logprobs come with the whole answer: leave `stream` out");
  create.sampling.num_prompt_logprobs = options.num_prompt_logprobs;
}

void read_text_options(JsonReader& fields, TextOptions& options) {
  fields.read("skip_special_tokens", options.skip_special_tokens);
  fields.read("include_stop_str_in_output", options.include_stop);
  bool spaces = true;
  if (fields.read("spaces_between_special_tokens", spaces) && !spaces)
    fields.unsupported("spaces_between_special_tokens",
                       "spaces_between_special_tokens is not "
                       "supported: leave it out");
}

void refuse_the_rest(JsonReader& fields) {
  for (const std::string_view name : kRefused) {
    const auto* value = fields.find(name);
    if (value == nullptr) continue;
    const bool is_nothing = *value == false || (value->is_array() && value->get_array().empty()) ||
                            (value->is_string() && value->get_string().empty()) ||
                            (value->is_object() && value->get_object().empty());
    if (!is_nothing) refuse(fields, name, true, "");
  }
}

}  // namespace

AnswerOptions read_completion_fields(JsonReader& fields, ResponseCreate& create) {
  AnswerOptions options;
  create.store = false;
  options.stream = read_stream_options(fields, create.unknown_fields);
  fields.read("model", create.model);
  read_best_of(fields, options, create);
  read_prompt_logprobs(fields, options, create);
  read_text_options(fields, create.text_options);
  fields.read("return_token_ids", options.return_token_ids);
  fields.read("return_progress", options.return_progress);
  create.wants_progress = options.return_progress && options.stream.is_stream;
  fields.read("add_special_tokens", create.add_special_tokens);
  read_extensions(fields, create);
  fields.read("priority", create.priority);
  read_names(fields, create);
  read_metadata(fields, create);
  fields.read("bad_words", create.bad_words);
  if (create.bad_words.size() > kMaxBadWords)
    fields.wrong("bad_words", "a list of at most " + std::to_string(kMaxBadWords));
  read_response_format(fields, create);
  read_structured_outputs(fields, create);
  refuse_the_rest(fields);
  return options;
}

}  // namespace octavo
