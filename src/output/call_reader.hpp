// What stands inside the marks of a call: the function's name, and arguments that become JSON as
// they come. A reader takes one opening's worth of calls, cut anywhere.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "src/output/output_item.hpp"
#include "src/output/tool.hpp"
#include "src/output/tool_syntax.hpp"

namespace octavo {

enum class ReadProgress : std::uint8_t {
  kMore,   ///< What is left in the text waits for what follows it.
  kDone,   ///< The calls have ended; what is left is not theirs.
  kFault,  ///< What is left is no call; one that was begun has been ended as broken.
};

class CallReader {
 public:
  virtual ~CallReader() = default;
  /// Takes from the front of the text. is_last: nothing follows it, so what is open ends, and the
  /// answer is never kMore.
  virtual ReadProgress read(std::string_view& text, bool is_last, OutputItems& items) = 0;
};

/// Repeats a reader's step for as long as it takes from the text or goes on to another place.
template <class Place, class Step>
ReadProgress repeat(const Place& place, const std::string_view& text, Step step) {
  for (;;) {
    const Place place_before = place;
    const std::size_t size_before = text.size();
    const ReadProgress progress = step();
    const bool has_moved = place != place_before || text.size() != size_before;
    if (progress != ReadProgress::kMore || !has_moved) return progress;
  }
}

/// opener: the last mark before the inside, empty for a bare call; first: the character after it
/// and blanks. Null where no call begins with them. tools: outlive the reader; they say which
/// arguments are text.
std::unique_ptr<CallReader> make_call_reader(const ToolSyntax& syntax, std::string_view opener,
                                             char first, const std::vector<Tool>& tools);

}  // namespace octavo
