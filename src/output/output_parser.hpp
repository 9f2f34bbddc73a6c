// A model writes what it thinks, what it answers and what it calls into one stream of text, with
// marks between them. A parser takes this text as it comes, however it is cut into pieces, and
// fills the items of the answer.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "src/output/chat_format.hpp"
#include "src/output/output_item.hpp"
#include "src/output/tool.hpp"

namespace octavo {

class OutputParser {
 public:
  virtual ~OutputParser() = default;
  void append(std::string_view text, OutputItems& items) {
    pending_ += text;
    while (!pending_.empty() && step(false, items)) {
    }
  }
  /// The text is over: what was held back is what it is. The last item stays open where nothing has
  /// ended it.
  void finish(OutputItems& items) {
    while (step(true, items)) {
    }
  }

 protected:
  /// Takes what is certain from the front of the pending text. True when there may be more to take.
  /// is_last: no more text comes, so everything is certain.
  virtual bool step(bool is_last, OutputItems& items) = 0;
  const std::string& pending() const { return pending_; }
  void consume(std::size_t num_bytes) { pending_.erase(0, num_bytes); }

 private:
  std::string pending_;
};

/// Null when the whole answer is one message. tools: those that the model may call; when there are
/// none, calls are left in the text. begins_in_reasoning: the prompt ends with the mark that begins
/// the thoughts, so the answer does not repeat it. Format and tools must outlive the parser.
std::unique_ptr<OutputParser> make_output_parser(const ChatFormat& format,
                                                 const std::vector<Tool>& tools,
                                                 bool begins_in_reasoning);

}  // namespace octavo
