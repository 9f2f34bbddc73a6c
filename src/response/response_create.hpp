// What a client asks of one response, whichever endpoint it came by.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "src/core/sampling_params.hpp"

namespace octavo {

/// Checked field by field, but for what depends on the model: token ids, and the ranges of sampling
/// once the model's defaults are in.
struct ResponseCreate {
  std::string stream_id;  ///< Empty: the default lane.
  std::string model;      ///< Empty: the model that is served.
  std::string previous_response_id;
  std::string instructions;
  boost::json::array input;  ///< Messages as the chat template takes them: {role, content}.
  std::string text_input;    ///< `input` when it was one plain string; also in `input` then.
  std::optional<std::vector<TokenId>>
      input_token_ids;  ///< `octavo.prompt_token_ids`: instead of text.
  bool generate = true;
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
  std::int32_t priority = 0;     ///< Smaller goes first, where the server schedules by priority.
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
  settings.text_input.clear();
  settings.input_token_ids.reset();
  settings.unknown_fields.clear();
  return settings;
}

}  // namespace octavo
