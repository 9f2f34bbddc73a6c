// What a client asks of one response, whichever endpoint it came by.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "src/core/output_format.hpp"
#include "src/core/sampling_params.hpp"
#include "src/output/tool.hpp"
#include "src/text/completion_text.hpp"

namespace octavo {

/// Checked field by field, but for what depends on the model: token ids, and the ranges of sampling
/// once the model's defaults are in.
struct ResponseCreate {
  std::uint64_t tenant = 0;  ///< Whose it is (API key); 0 where there are no keys.
  std::string request_name;  ///< `X-Request-Id`, by which it can be cancelled; perhaps empty.
  std::string trace_id;      ///< Of `traceparent`, for the log; perhaps empty.
  std::string stream_id;     ///< Empty: the default lane.
  std::string model;         ///< Empty: the model that is served.
  std::string previous_response_id;
  std::string compaction;  ///< A handle that stands for the conversation so far.
  std::string instructions;
  boost::json::array input;  ///< Messages as the chat template takes them: {role, content}.
  std::string text_input;    ///< `input` when it was one plain string; also in `input` then.
  std::optional<std::vector<TokenId>>
      input_token_ids;  ///< `octavo.prompt_token_ids`: instead of text.
  // What completions over HTTP may ask for besides.
  std::optional<std::string> prompt_text;  ///< For the model as it is, instead of messages.
  bool add_special_tokens = true;          ///< Such as BOS, before prompt_text.
  bool add_generation_prompt = true;       ///< The template's words that begin an answer.
  bool continue_final_message = false;     ///< The answer goes on where the last message ends.
  boost::json::object template_variables;  ///< Further variables of the chat template.
  TextOptions text_options;
  std::vector<Tool> tools;
  ToolChoice tool_choice;
  std::string reasoning_effort;        ///< As the standard names it; empty: the template's own.
  bool parallel_tool_calls = true;     ///< An answer may hold several calls.
  OutputFormat format;                 ///< What the answer may be.
  std::int32_t prompt_index = 0;       ///< Which of the prompts of one HTTP request it answers.
  std::vector<std::string> bad_words;  ///< Words that the answer must not hold.
  bool generate = true;
  /// The answer is to stand for the conversation: what continues it begins with the answer alone.
  bool is_summary = false;
  bool store = true;
  bool include_logprobs = false;
  // What the request leaves open takes the model's generation_config: complete_sampling() puts
  // these, or that, into `sampling`.
  std::optional<double> temperature;
  std::optional<double> top_p;
  std::optional<std::int32_t> top_k;
  std::optional<double> min_p;
  std::optional<double> repetition_penalty;
  std::optional<std::int32_t> max_tokens;
  SamplingParams sampling;
  boost::json::object metadata;
  /// Members of the standard that change nothing here, as they were sent: the response repeats
  /// them.
  boost::json::object repeated;
  std::optional<std::chrono::milliseconds> deadline;
  /// How long it runs on after its connection broke, and can be come back to.
  std::optional<std::chrono::milliseconds> resume_grace;
  std::int32_t priority = 0;     ///< Smaller goes first, where the server schedules by priority.
  bool wants_progress = false;   ///< The client asked for `octavo:response.progress`.
  bool wants_preempted = false;  ///< The client asked for `octavo:response.preempted`.
  bool wants_resumed = false;    ///< The same of `octavo:response.resumed`.
  std::string cache_salt;        ///< Prefixes are shared only with requests of the same salt.
  std::vector<std::string> unknown_fields;  ///< Ignored; worth one warning in the log.

  /// The same for another response: everything but the input.
  ResponseCreate settings() const;
};

inline ResponseCreate ResponseCreate::settings() const {
  ResponseCreate settings = *this;
  settings.input.clear();
  settings.compaction.clear();
  settings.text_input.clear();
  settings.input_token_ids.reset();
  settings.prompt_text.reset();
  settings.unknown_fields.clear();
  settings.is_summary = false;
  return settings;
}

}  // namespace octavo
