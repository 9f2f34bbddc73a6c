// The parser for models that put marks such as <think> and <tool_call> around what they think and
// call. Blanks next to a mark are dropped with it. Text that begins like a call and turns out to be
// none becomes part of the message.
#pragma once

#include <string>

#include "src/output/call_reader.hpp"
#include "src/output/mark_search.hpp"
#include "src/output/output_parser.hpp"

namespace octavo {

class MarkedOutputParser final : public OutputParser {
 public:
  MarkedOutputParser(const ChatFormat& format, const std::vector<Tool>& tools,
                     bool begins_in_reasoning);

 private:
  enum class Place : std::uint8_t { kText, kReasoning, kOpening, kCall };

  bool step(bool is_last, OutputItems& items) override;
  bool take_text(bool is_last, OutputItems& items);
  Starts take_closer();
  bool open_bare(OutputItems& items);
  void open(const std::string& before, std::string_view mark, OutputItems& items);
  bool take_reasoning(bool is_last, OutputItems& items);
  bool take_opening(bool is_last, OutputItems& items);
  Starts take_second_opener();
  bool take_call(bool is_last, OutputItems& items);
  bool give_up_call(OutputItems& items);
  void say(std::string_view text, OutputItems& items);

  const ChatFormat& format_;
  const std::vector<Tool>& tools_;
  std::size_t num_openers_ = 0;          ///< Of calls; 0 where none may come.
  std::vector<std::string_view> marks_;  ///< These, and after them what begins reasoning.
  Place place_ = Place::kText;
  bool has_thought_ = false;
  bool is_after_call_ = false;
  std::unique_ptr<CallReader> reader_;
  std::string_view opener_;    ///< The mark before the call; empty for a bare one.
  std::string opening_;        ///< Text of a call until it is certain that it is one.
  std::size_t num_items_ = 0;  ///< Before that call.
};

}  // namespace octavo
