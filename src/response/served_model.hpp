// What the sessions must know of the model that is served. Constant once the house stands; shared
// by all threads.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "src/grammar/grammar_engine.hpp"
#include "src/output/chat_format.hpp"
#include "src/text/chat_template.hpp"
#include "src/text/tokenizer.hpp"

namespace octavo {

struct ServedModel {
  std::string name;                  ///< As clients name it (--served-model-name).
  std::vector<std::string> aliases;  ///< Further names by which it may be asked for.
  std::string root;                  ///< The folder that it was read from.
  std::int64_t created_at = 0;       ///< Unix seconds, for the model list.
  std::int32_t vocab_size = 0;
  std::int32_t max_model_len = 0;
  std::shared_ptr<const Tokenizer> tokenizer;
  std::shared_ptr<const GrammarEngine> grammar;       ///< Null: no structured output.
  std::shared_ptr<const ChatTemplate> chat_template;  ///< Null: the model takes plain text only.
  std::shared_ptr<const ChatTemplate> tool_template;  ///< With tools, where that is another one.
  ChatFormat format;                                  ///< How it writes what it thinks and calls.
  std::vector<TokenId> mark_tokens;  ///< Control tokens among the format's marks, sorted.
  // generation_config.json's defaults for what a request leaves open.
  std::optional<double> temperature;
  std::optional<double> top_p;
  std::optional<std::int32_t> top_k;
  std::optional<double> min_p;
  std::optional<double> repetition_penalty;
  std::optional<std::int32_t> max_tokens;

  bool is_called(std::string_view wanted) const {
    return wanted == name || std::ranges::find(aliases, wanted) != aliases.end();
  }
};

}  // namespace octavo
