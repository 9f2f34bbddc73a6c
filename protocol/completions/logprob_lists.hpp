// Log-probabilities as the old completions have them: four parallel lists with an entry for each
// token. Those of an echoed prompt stand first.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <span>
#include <string_view>

#include "src/response/completion_choice.hpp"
#include "src/response/response.hpp"

namespace octavo {

class LogprobLists {
 public:
  /// text_offset: where the text of the first token begins, in characters of the whole text.
  explicit LogprobLists(std::size_t text_offset = 0) : text_offset_(text_offset) {}

  /// The tokens of the response's prompt, whose first has null, because nothing stands before it.
  /// num_top: how many of the best beside each.
  void add_prompt(const Response& response, std::int32_t num_top);
  void add(std::span<const LogprobEntry> entries);
  /// Where the text of the next token begins.
  std::size_t text_offset() const { return text_offset_; }
  /// {tokens, token_logprobs, top_logprobs, text_offset}; once.
  boost::json::object take();

 private:
  void add_token(std::string_view bytes, boost::json::value logprob, boost::json::value top);

  boost::json::array tokens_;
  boost::json::array logprobs_;
  boost::json::array tops_;
  boost::json::array offsets_;
  std::size_t text_offset_;
};

}  // namespace octavo
