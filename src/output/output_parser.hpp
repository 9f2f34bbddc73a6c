// A model says what it thinks, what it answers and what it calls in one stream of text, with marks
// between: takes the text as it comes, cut anywhere, and fills the items of the answer.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "src/output/chat_format.hpp"
#include "src/output/output_item.hpp"
#include "src/output/tool.hpp"

namespace octavo {

class OutputParser {
 public:
  virtual ~OutputParser() = default;
  virtual void append(std::string_view text, OutputItems& items) = 0;
  /// The text is over: what was held back is what it is. The last item stays open where nothing has
  /// ended it.
  virtual void finish(OutputItems& items) = 0;
};

/// Null where everything is text. tools: those that may be called; empty: calls are text.
/// begins_in_reasoning: the prompt has ended with the mark that begins it. Format and tools outlive
/// the parser.
std::unique_ptr<OutputParser> make_output_parser(const ChatFormat& format,
                                                 const std::vector<Tool>& tools,
                                                 bool begins_in_reasoning);

}  // namespace octavo
