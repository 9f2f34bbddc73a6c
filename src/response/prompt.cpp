#include "src/response/prompt.hpp"

#include <algorithm>
#include <array>
#include <boost/json/object.hpp>
#include <chrono>
#include <ctime>
#include <span>

#include "src/core/trim.hpp"
#include "src/core/utf8.hpp"
#include "src/output/tool_messages.hpp"
#include "src/response/answer_format.hpp"
#include "src/response/bad_words.hpp"

namespace octavo {
namespace {

namespace json = boost::json;

void append(const std::vector<TokenId>& more, std::vector<TokenId>& tokens) {
  tokens.insert(tokens.end(), more.begin(), more.end());
}

// What fits in the context at most; a model whose context is not known has no limit.
std::size_t max_tokens_of(const ServedModel& model) {
  return model.max_model_len > 0 ? static_cast<std::size_t>(model.max_model_len) : SIZE_MAX / 2;
}

Error too_long(const ServedModel& model, std::size_t num_tokens) {
  return {Errc::kContextLengthExceeded,
          "the prompt has " + std::to_string(num_tokens) +
              " tokens or more and the context length is " + std::to_string(model.max_model_len) +
              ": shorten the prompt",
          "input"};
}

// Appends the tokens of a text, unless prompt and text together can never fit: that is known by the
// bytes where they say it, and at the latest when twice as many tokens have been made as fit. Up
// to there the scheduler refuses, which knows the exact number.
Result<void> append_text(const ServedModel& model, std::span<const TextSpan> spans,
                         bool add_special, std::vector<TokenId>& tokens) {
  std::string text;
  for (const TextSpan& span : spans) text += span.text;
  const std::size_t limit = 2 * max_tokens_of(model);
  const std::size_t at_least = tokens.size() + model.tokenizer->min_tokens(text);
  if (at_least > limit) return too_long(model, at_least);
  const std::size_t room = limit > tokens.size() ? limit - tokens.size() : 0;
  const auto more = model.tokenizer->encode(spans, add_special, room);
  if (!more) return more.error();
  append(*more, tokens);
  if (tokens.size() > limit) return too_long(model, limit);
  return {};
}

Result<void> append_text(const ServedModel& model, std::string text, bool add_special,
                         std::vector<TokenId>& tokens) {
  const TextSpan span{std::move(text), true};
  return append_text(model, std::span(&span, 1), add_special, tokens);
}

Result<Prompt> prompt_of_ids(const ServedModel& model, const ResponseCreate& create,
                             const RememberedResponse* parent) {
  Prompt prompt;
  if (parent != nullptr) {
    prompt.tokens = parent->tokens;
    auto appended = append_text(model, parent->cut_text, false, prompt.tokens);
    if (!appended) return appended.error();
  }
  append(*create.input_token_ids, prompt.tokens);
  return prompt;
}

// For templates that give the model the date: the local one, as in transformers.
std::string iso_time(std::chrono::system_clock::time_point time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm fields{};
  ::localtime_r(&seconds, &fields);
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &fields);
  return text.data();
}

// The spans after the first `offset` bytes of the text.
std::vector<TextSpan> spans_behind(const std::vector<TextSpan>& spans, std::size_t offset) {
  std::vector<TextSpan> rest;
  for (const TextSpan& span : spans) {
    if (offset >= span.text.size()) {
      offset -= span.text.size();
      continue;
    }
    rest.push_back({span.text.substr(offset), span.trusted});
    offset = 0;
  }
  return rest;
}

bool has_calls(const json::array& messages) {
  return std::ranges::any_of(messages, [](const json::value& message) {
    return message.as_object().contains("tool_calls");
  });
}

// How much a model is to think, in the words of its template.
void add_effort(const ChatFormat& format, const ResponseCreate& create, json::object& context) {
  if (create.reasoning_effort.empty()) return;
  const bool thinks = create.reasoning_effort != "none";
  if (format.knows_effort) context["reasoning_effort"] = thinks ? create.reasoning_effort : "low";
  if (!format.knows_thinking) return;
  context["enable_thinking"] = thinks;
  context["thinking"] = thinks;
}

// A model that never thinks cannot think more.
Result<void> check_effort(const ServedModel& model, const ResponseCreate& create) {
  const bool is_harmony = model.format.tools->body == CallBody::kHarmony;
  const bool may_think = is_harmony || !model.format.reasoning.is_none();
  if (may_think || create.reasoning_effort.empty() || create.reasoning_effort == "none") return {};
  return Error{Errc::kUnsupportedParameter,
               "this model does not reason: leave the effort out, or send `none`",
               "reasoning.effort"};
}

Result<std::vector<TextSpan>> render(const ServedModel& model, const ResponseCreate& create,
                                     const json::array& messages) {
  json::array shown;
  if (!create.instructions.empty())
    shown.push_back(json::object{{"role", "system"}, {"content", create.instructions}});
  shown.insert(shown.end(), messages.begin(), messages.end());
  const ChatFormat& format = model.format;
  const bool may_call = create.tool_choice.mode != ToolMode::kNone;
  json::array tools = may_call ? tools_json(create.tools, create.tool_choice) : json::array();
  if (format.tools->wants_short_ids) shown = with_short_ids(std::move(shown));
  if (!format.renders_tools) shown = with_tools_as_text(std::move(shown), tools);
  json::object context = chat_context(*model.tokenizer, std::move(shown));
  const bool shows_tools = format.renders_tools && !tools.empty();
  if (shows_tools) context["tools"] = std::move(tools);
  add_effort(format, create, context);
  const ChatTemplate& chosen =
      shows_tools && model.tool_template != nullptr ? *model.tool_template : *model.chat_template;
  // What the template does not read changes nothing, and its functions are not a client's to set.
  for (const auto& [name, value] : create.template_variables) {
    if (chosen.has_variable(name)) context[name] = value;
  }
  context["add_generation_prompt"] = create.add_generation_prompt && !create.continue_final_message;
  auto rendered = chosen.render(context);
  if (rendered || !has_calls(messages)) return rendered;
  // Some templates write arguments down as they are, and want them as text.
  context["messages"] = with_text_arguments(context["messages"].as_array());
  auto with_text = chosen.render(context);
  return with_text ? std::move(with_text) : std::move(rendered);
}

bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

// Cuts the rendered conversation where its last message ends, so that the answer goes on there.
// Templates may trim a message; blanks that it ends with are kept where the template has kept them.
Result<void> end_in_final_message(std::string_view content, std::vector<TextSpan>& spans) {
  std::string text;
  for (const TextSpan& span : spans) text += span.text;
  while (!content.empty() && is_space(content.front())) content.remove_prefix(1);
  std::string_view trimmed = content;
  while (!trimmed.empty() && is_space(trimmed.back())) trimmed.remove_suffix(1);
  const std::size_t begin = text.rfind(trimmed);
  if (trimmed.empty() || begin == std::string::npos) {
    return Error{Errc::kInvalidValue,
                 "continue_final_message needs a last message whose text the chat template keeps",
                 "continue_final_message"};
  }
  const bool is_kept = std::string_view(text).substr(begin, content.size()) == content;
  std::size_t num_left = begin + (is_kept ? content.size() : trimmed.size());
  for (TextSpan& span : spans) {
    span.text.resize(std::min(span.text.size(), num_left));
    num_left -= span.text.size();
  }
  return {};
}

// Where in `text` the parent's own words end: its tokens stand for all before. Nothing when the
// text begins otherwise. Templates may trim an answer; its tokens are kept as they were all the
// same.
std::optional<std::size_t> end_of_parent(std::string_view text, const RememberedResponse* parent) {
  if (parent == nullptr || parent->prompt_text.empty()) return std::nullopt;
  if (text.substr(0, parent->prompt_text.size()) != parent->prompt_text) return std::nullopt;
  const std::string_view rest = text.substr(parent->prompt_text.size());
  std::string_view answer = parent->output_text;
  const auto follows = [&] { return rest.substr(0, answer.size()) == answer; };
  if (!follows()) {
    while (!answer.empty() && is_space(answer.back())) answer.remove_suffix(1);
  }
  if (!follows()) {
    while (!answer.empty() && is_space(answer.front())) answer.remove_prefix(1);
  }
  if (!follows()) return std::nullopt;
  return parent->prompt_text.size() + answer.size();
}

Result<Prompt> prompt_of_chat(const ServedModel& model, const ResponseCreate& create,
                              const RememberedResponse* parent) {
  Prompt prompt;
  if (parent != nullptr) prompt.messages = parent->messages;
  prompt.messages.insert(prompt.messages.end(), create.input.begin(), create.input.end());
  if (auto checked = check_tool_results(prompt.messages); !checked) return checked.error();
  if (auto checked = check_effort(model, create); !checked) return checked.error();
  auto spans = render(model, create, prompt.messages);
  if (!spans) return spans.error();
  if (create.continue_final_message) {
    const json::value* content = prompt.messages.empty()
                                     ? nullptr
                                     : prompt.messages.back().as_object().if_contains("content");
    const bool is_text = content != nullptr && content->is_string();
    auto ended =
        end_in_final_message(is_text ? std::string_view(content->get_string()) : "", *spans);
    if (!ended) return ended.error();
  }
  for (const TextSpan& span : *spans) prompt.text += span.text;
  prompt.is_chat = true;
  const std::string_view begin = model.format.reasoning.begin;
  prompt.begins_in_reasoning = !begin.empty() && trim(prompt.text, " \n").ends_with(begin);
  if (const auto known = end_of_parent(prompt.text, parent)) {
    prompt.tokens = parent->tokens;
    spans = spans_behind(*spans, *known);
  }
  if (auto appended = append_text(model, *spans, false, prompt.tokens); !appended)
    return appended.error();
  return prompt;
}

Result<Prompt> prompt_of_text(const ServedModel& model, const ResponseCreate& create,
                              const RememberedResponse* parent) {
  if (!create.instructions.empty() || (create.text_input.empty() && !create.input.empty())) {
    return Error{Errc::kUnsupportedParameter,
                 "the model has no chat template: send `input` as one string, without instructions",
                 "input"};
  }
  Prompt prompt;
  if (parent != nullptr) {
    prompt.tokens = parent->tokens;
    prompt.text = parent->prompt_text + parent->output_text + parent->cut_text;
    prompt.messages = parent->messages;
  }
  prompt.messages.insert(prompt.messages.end(), create.input.begin(), create.input.end());
  prompt.text += create.text_input;
  const std::string cut_text = parent != nullptr ? parent->cut_text : "";
  auto appended =
      append_text(model, cut_text + create.text_input, parent == nullptr, prompt.tokens);
  if (!appended) return appended.error();
  return prompt;
}

Result<Prompt> prompt_of_raw_text(const ServedModel& model, const ResponseCreate& create) {
  Prompt prompt;
  prompt.text = *create.prompt_text;
  auto appended = append_text(model, *create.prompt_text, create.add_special_tokens, prompt.tokens);
  if (!appended) return appended.error();
  return prompt;
}

// How a person finds the token in their own words: as its text, where it is one, cut to a length
// that an error message can bear.
std::string spelling_of(const Tokenizer* tokenizer, TokenId id) {
  constexpr std::size_t kMaxShownBytes = 64;
  if (tokenizer == nullptr || tokenizer->token_bytes(id).empty()) return "";
  return " (`" + quotable(tokenizer->token_bytes(id), kMaxShownBytes) + "`)";
}

// The embedding has a row for each id of the model's vocabulary and for no other. A tokenizer may
// know more tokens than that, so an id from a text proves as little as one that a client sent.
Result<void> check_vocabulary(const ServedModel& model, const ResponseCreate& create,
                              const std::vector<TokenId>& tokens) {
  const auto outside =
      std::ranges::find_if(tokens, [&](TokenId id) { return id < 0 || id >= model.vocab_size; });
  if (outside == tokens.end()) return {};
  const bool is_given =
      create.input_token_ids && std::ranges::count(*create.input_token_ids, *outside) > 0;
  return Error{Errc::kInvalidValue,
               "token id " + std::to_string(*outside) +
                   spelling_of(model.tokenizer.get(), *outside) +
                   " is outside the model's vocabulary of " + std::to_string(model.vocab_size) +
                   (is_given ? "" : ": the tokenizer is larger than the model"),
               is_given ? "octavo.prompt_token_ids" : "input"};
}

}  // namespace

json::object chat_context(const Tokenizer& tokenizer, json::array messages) {
  json::object context;
  for (const auto& [name, token] : tokenizer.named_tokens()) context[name] = token;
  context["messages"] = std::move(messages);
  context["tools"] = nullptr;
  context["documents"] = nullptr;
  context["add_generation_prompt"] = true;
  context["now"] = iso_time(std::chrono::system_clock::now());
  return context;
}

Result<void> check_model(const ServedModel& model, const ResponseCreate& create) {
  if (create.model.empty() || model.is_called(create.model)) return {};
  return Error{Errc::kModelNotFound,
               "the model `" + quotable(create.model, 256) + "` is not served here: use `" +
                   model.name + "`",
               "model"};
}

namespace {

// What the answer may be, and what it must not hold.
Result<void> add_constraint(const ServedModel& model, const ResponseCreate& create,
                            Prompt& prompt) {
  if (is_constrained(create) && model.grammar != nullptr) {
    const auto format = answer_format(model, create, prompt);
    if (!format) return format.error();
    auto constraint = model.grammar->compile(*format, create.sampling.stop_token_ids);
    if (!constraint) return constraint.error();
    prompt.constraint = std::move(*constraint);
  }
  if (create.bad_words.empty()) return {};
  auto constraint = without_words(*model.tokenizer, create.bad_words, std::move(prompt.constraint));
  if (!constraint) return constraint.error();
  prompt.constraint = std::move(*constraint);
  return {};
}

}  // namespace

Result<Prompt> prepare_prompt(const ServedModel& model, const ResponseCreate& create,
                              const RememberedResponse* parent) {
  Result<Prompt> prompt = create.input_token_ids           ? prompt_of_ids(model, create, parent)
                          : create.prompt_text             ? prompt_of_raw_text(model, create)
                          : model.chat_template != nullptr ? prompt_of_chat(model, create, parent)
                                                           : prompt_of_text(model, create, parent);
  if (!prompt) return prompt;
  if (prompt->tokens.empty())
    return Error{Errc::kInvalidValue, "the prompt has no tokens", "input"};
  if (auto checked = check_vocabulary(model, create, prompt->tokens); !checked)
    return checked.error();
  if (auto held = add_constraint(model, create, *prompt); !held) return held.error();
  return prompt;
}

namespace {

// What would have the answer go on after it is whole, or end before.
Result<void> check_format(const ServedModel& model, const ResponseCreate& create) {
  const std::string param =
      create.format.kind == OutputKind::kText ? "tool_choice" : create.format.param;
  if (model.grammar == nullptr) {
    return Error{Errc::kUnsupportedParameter,
                 param +
                     " needs a server that was built with structured output: type `make "
                     "xgrammar`, and build again",
                 param};
  }
  const SamplingParams& sampling = create.sampling;
  const std::string_view against = sampling.ignore_eos       ? "ignore_eos"
                                   : sampling.min_tokens > 0 ? "min_tokens"
                                                             : "";
  if (against.empty()) return {};
  return Error{Errc::kUnsupportedParameter,
               param + " cannot be combined with " + std::string(against), param};
}

}  // namespace

Result<SamplingParams> complete_sampling(const ServedModel& model, const ResponseCreate& create) {
  if (is_constrained(create)) {
    if (auto checked = check_format(model, create); !checked) return checked.error();
  }
  SamplingParams sampling = create.sampling;
  const auto fill = [](auto& value, const auto& given, const auto& otherwise) {
    if (given)
      value = *given;
    else if (otherwise)
      value = *otherwise;
  };
  fill(sampling.temperature, create.temperature, model.temperature);
  fill(sampling.top_p, create.top_p, model.top_p);
  fill(sampling.top_k, create.top_k, model.top_k);
  // A beam's scores know no penalties, so the model's default is left out rather than refused.
  const auto penalty = sampling.is_beam_search() ? std::nullopt : model.repetition_penalty;
  fill(sampling.repetition_penalty, create.repetition_penalty, penalty);
  fill(sampling.min_p, create.min_p, model.min_p);
  // A request that wants more tokens than the model's default does not mean the default.
  const bool is_short = model.max_tokens && *model.max_tokens < sampling.min_tokens;
  fill(sampling.max_tokens, create.max_tokens, is_short ? std::nullopt : model.max_tokens);
  if (!create.generate) {
    sampling.max_tokens = 1;
    sampling.n = 1;
    sampling.min_tokens = 0;
    sampling.beam_width = 0;
  }
  if (auto checked = validate(sampling, model.vocab_size); !checked) return checked.error();
  return sampling;
}

}  // namespace octavo
