// The arguments of the call that is open, from their first brace on: what every reader of JSON
// arguments does alike.
#pragma once

#include <string>
#include <string_view>

#include "src/output/call_reader.hpp"
#include "src/output/json_scanner.hpp"

namespace octavo {

class ArgumentStream {
 public:
  /// Takes from the front of the text; kDone once they are whole, and the call goes on.
  ReadProgress read(std::string_view& text, bool is_last, OutputItems& items) {
    std::string out;
    const JsonScanner::Progress progress = scanner_.take(text, out);
    const bool breaks = progress == JsonScanner::Progress::kFault ||
                        (progress == JsonScanner::Progress::kMore && is_last);
    if (breaks) scanner_.complete(out);
    items.add(ItemKind::kFunctionCall, out);
    if (breaks) end_broken(items);
    if (progress == JsonScanner::Progress::kFault) return ReadProgress::kFault;
    if (progress == JsonScanner::Progress::kWhole || is_last) return ReadProgress::kDone;
    return ReadProgress::kMore;
  }

 private:
  // A word that is no value is what the model said next.
  void end_broken(OutputItems& items) const {
    const bool is_open = items.is_open(ItemKind::kFunctionCall);
    items.end(true);
    if (is_open && !scanner_.unread().empty()) items.add(ItemKind::kMessage, scanner_.unread());
  }

  JsonScanner scanner_;
};

}  // namespace octavo
