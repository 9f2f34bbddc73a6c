// Between the marks of a call stand the function's name and its arguments, and each family writes
// them in its own way. A reader takes the text after one opening mark, however it is cut into
// pieces, and fills the calls in it; their arguments become JSON while they come.
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
  /// Takes from the front of the text. is_last: no more text comes, so a call that is open ends,
  /// and the result is never kMore.
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

/// opener: the mark that was read last; empty for a call without a mark. first: the first character
/// after it that is not blank. tools: their schemas say which arguments are strings; they outlive
/// the reader. Null when no call can begin with that character.
std::unique_ptr<CallReader> make_call_reader(const ToolSyntax& syntax, std::string_view opener,
                                             char first, const std::vector<Tool>& tools);

}  // namespace octavo
