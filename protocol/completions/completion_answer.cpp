#include "protocol/completions/completion_answer.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <map>
#include <utility>

#include "protocol/completion_json.hpp"
#include "protocol/completions/logprob_lists.hpp"
#include "protocol/error_frame.hpp"
#include "protocol/logprob_json.hpp"
#include "src/core/utf8.hpp"

namespace octavo {
namespace {

namespace json = boost::json;

json::object base_of(const Response& response) {
  return {{"id", "cmpl-" + response.id().substr(5)},
          {"object", "text_completion"},
          {"created", response.created_at()},
          {"model", response.model_name()}};
}

std::string prompt_text_of(const Response& response) {
  const ResponseCreate& create = response.create();
  if (create.prompt_text) return *create.prompt_text;
  const Tokenizer* tokenizer = response.tokenizer();
  if (tokenizer == nullptr) return "";
  return tokenizer->decode(response.prompt_tokens(), create.text_options.skip_special_tokens);
}

/// The log-probabilities of a choice's tokens, after those of an echoed prompt.
json::object logprobs_of(const Response& response, const CompletionChoice& choice,
                         const CompletionOptions& options) {
  LogprobLists lists;
  if (options.echo) lists.add_prompt(response, options.num_logprobs);
  if (options.has_completion) lists.add(choice.logprobs());
  return lists.take();
}

/// What the response used: of one that was only echoed, the prompt.
Usage usage_of(const Response& response, const CompletionOptions& options) {
  Usage usage = response.end().finished.usage;
  if (!options.has_completion) usage.num_completion_tokens = 0;
  return usage;
}

json::value reason_of(const CompletionChoice& choice, const CompletionOptions& options) {
  return options.has_completion ? finish_reason_json(choice) : json::value("length");
}

class CompletionChunks final : public HttpAnswer {
 public:
  explicit CompletionChunks(const CompletionOptions& options)
      : HttpAnswer("prompt"), options_(options) {}
  bool is_stream() const override { return true; }

  void encode(const Response& response, const ResponseEvent& event,
              std::vector<std::string>& frames) override {
    if (std::holds_alternative<ResponseEnded>(event)) {
      if (is_failure(response.end().finished.reason)) return fail(response);
      usage_ = usage_ + usage_of(response, options_);
      last_ = base_of(response);
    } else if (const auto* progressed = std::get_if<PromptProgressed>(&event)) {
      tell_progress(response, *progressed, frames);
    } else if (const auto* began = std::get_if<ChoiceBegan>(&event)) {
      begin(response, began->choice, frames);
    } else if (const auto* added = std::get_if<TextAdded>(&event)) {
      add(response, added->choice, added->text, added->logprobs, frames);
    } else if (const auto* ended = std::get_if<ChoiceEnded>(&event)) {
      end(response, ended->choice, frames);
    }
  }

  std::string finish() override {
    std::string rest;
    if (error()) {
      rest = sse_data(error_body(*error()));
    } else if (options_.stream.include_usage) {
      last_["choices"] = json::array();
      last_["usage"] = usage_json(usage_);
      rest = sse_data(json::serialize(last_));
    }
    return rest.append(kSseDone);
  }

 private:
  struct Sent {
    std::size_t num_tokens = 0;
    std::size_t num_characters = 0;
  };

  std::int32_t index_of(const Response& response, std::int32_t choice) const {
    return response.create().prompt_index * options_.num_choices + choice;
  }
  json::object choice_json(std::int32_t index, std::string_view text) {
    return {{"index", index}, {"text", text}, {"logprobs", nullptr}, {"finish_reason", nullptr}};
  }
  void tell_progress(const Response& response, const PromptProgressed& event,
                     std::vector<std::string>& frames) {
    if (!options_.return_progress) return;
    json::object chunk = base_of(response);
    chunk["choices"] = json::array{choice_json(index_of(response, 0), "")};
    chunk["prompt_progress"] = progress_json(event);
    frames.push_back(sse_data(json::serialize(chunk)));
  }
  void begin(const Response& response, std::int32_t choice, std::vector<std::string>& frames) {
    if (!options_.echo && !options_.return_token_ids) return;
    const std::int32_t index = index_of(response, choice);
    const std::string text = options_.echo ? prompt_text_of(response) : "";
    json::object shown = choice_json(index, text);
    if (options_.return_token_ids) {
      shown["prompt_token_ids"] = token_ids_json(response.prompt_tokens());
      shown["token_ids"] = json::array();
    }
    sent_[index].num_characters = count_characters(text);
    if (options_.echo && options_.num_logprobs >= 0) {
      LogprobLists lists;
      lists.add_prompt(response, options_.num_logprobs);
      shown["logprobs"] = lists.take();
    }
    write(response, std::move(shown), frames);
  }
  void add(const Response& response, std::int32_t choice, const std::string& text,
           const std::vector<LogprobEntry>& logprobs, std::vector<std::string>& frames) {
    if (!options_.has_completion) return;
    const std::int32_t index = index_of(response, choice);
    json::object shown = choice_json(index, text);
    Sent& sent = sent_[index];
    if (options_.num_logprobs >= 0) {
      LogprobLists lists(sent.num_characters);
      lists.add(logprobs);
      sent.num_characters = lists.text_offset();
      shown["logprobs"] = lists.take();
    }
    add_token_ids(response.choice(choice), sent, shown);
    write(response, std::move(shown), frames);
  }
  void end(const Response& response, std::int32_t choice, std::vector<std::string>& frames) {
    const std::int32_t index = index_of(response, choice);
    json::object shown = choice_json(index, "");
    shown["finish_reason"] = reason_of(response.choice(choice), options_);
    add_token_ids(response.choice(choice), sent_[index], shown);
    write(response, std::move(shown), frames);
  }
  void add_token_ids(const CompletionChoice& choice, Sent& sent, json::object& shown) const {
    if (!options_.return_token_ids || !options_.has_completion) return;
    json::array ids = token_ids_json(choice, sent.num_tokens);
    sent.num_tokens += ids.size();
    shown["token_ids"] = std::move(ids);
  }
  void write(const Response& response, json::object choice, std::vector<std::string>& frames) {
    json::object chunk = base_of(response);
    chunk["choices"] = json::array{std::move(choice)};
    if (options_.stream.continuous_usage_stats && options_.has_completion)
      chunk["usage"] = usage_json(usage_ + usage_so_far(response));
    else if (options_.stream.include_usage)
      chunk["usage"] = nullptr;
    frames.push_back(sse_data(json::serialize(chunk)));
  }

  CompletionOptions options_;
  std::map<std::int32_t, Sent> sent_;  ///< By index of the choice.
  Usage usage_;                        ///< Of the prompts that have ended.
  json::object last_;
};

class TextCompletion final : public HttpAnswer {
 public:
  explicit TextCompletion(const CompletionOptions& options)
      : HttpAnswer("prompt"), options_(options) {}
  bool is_stream() const override { return false; }

  void encode(const Response& response, const ResponseEvent& event,
              std::vector<std::string>&) override {
    if (!std::holds_alternative<ResponseEnded>(event)) return;
    if (is_failure(response.end().finished.reason)) return fail(response);
    if (body_.empty() || response.create().prompt_index == 0) body_ = base_of(response);
    usage_ = usage_ + usage_of(response, options_);
    std::int32_t index = response.create().prompt_index * options_.num_choices;
    for (const std::int32_t choice : chosen(response, options_.num_choices))
      choices_[index] = choice_json(response, response.choice(choice), index), ++index;
  }

  std::string finish() override {
    json::array choices;
    for (auto& [index, choice] : choices_) choices.push_back(std::move(choice));
    body_["choices"] = std::move(choices);
    body_["usage"] = usage_json(usage_);
    return json::serialize(body_);
  }

 private:
  json::object choice_json(const Response& response, const CompletionChoice& choice,
                           std::int32_t index) const {
    const std::string prompt = options_.echo ? prompt_text_of(response) : "";
    json::object shown{{"index", index},
                       {"text", options_.has_completion ? prompt + choice.text() : prompt},
                       {"logprobs", nullptr},
                       {"finish_reason", reason_of(choice, options_)}};
    if (options_.num_logprobs >= 0) shown["logprobs"] = logprobs_of(response, choice, options_);
    if (options_.num_prompt_logprobs >= 0)
      shown["prompt_logprobs"] = prompt_logprobs_json(response, options_.num_prompt_logprobs);
    if (options_.return_token_ids) {
      shown["prompt_token_ids"] = token_ids_json(response.prompt_tokens());
      shown["token_ids"] = options_.has_completion ? token_ids_json(choice) : json::array();
    }
    return shown;
  }

  CompletionOptions options_;
  json::object body_;
  std::map<std::int32_t, json::object> choices_;  ///< By index.
  Usage usage_;
};

}  // namespace

std::unique_ptr<HttpAnswer> make_completion_answer(const CompletionOptions& options) {
  if (options.stream.is_stream) return std::make_unique<CompletionChunks>(options);
  return std::make_unique<TextCompletion>(options);
}

}  // namespace octavo
