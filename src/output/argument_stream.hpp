// Several readers find the arguments of a call as JSON, each after marks of its own. What they do
// with them is the same: the arguments of the call that is open, from the first brace on.
#pragma once

#include <string>
#include <string_view>

#include "src/output/call_reader.hpp"
#include "src/output/json_scanner.hpp"
#include "src/output/mark_search.hpp"

namespace octavo {

struct ScannedPart {
  ReadProgress progress = ReadProgress::kMore;  ///< kDone: the value is over, whole or broken.
  bool is_broken = false;
};

/// Moves what belongs to the value from the front of the text into the call that is open. A value
/// that breaks off, or whose text ends (is_last), is made whole.
inline ScannedPart scan_part(JsonScanner& scanner, std::string_view& text, bool is_last,
                             OutputItems& items) {
  std::string out;
  const JsonScanner::Progress progress = scanner.take(text, out);
  const bool is_broken = progress == JsonScanner::Progress::kFault ||
                         (progress == JsonScanner::Progress::kMore && is_last);
  if (is_broken) scanner.complete(out);
  items.add(ItemKind::kFunctionCall, out);
  if (progress == JsonScanner::Progress::kFault) return {ReadProgress::kFault, true};
  const bool is_over = progress == JsonScanner::Progress::kWhole || is_last;
  return {is_over ? ReadProgress::kDone : ReadProgress::kMore, is_broken};
}

class ArgumentStream {
 public:
  /// Takes from the front of the text. kDone: the arguments are over; the call is still open where
  /// they are whole, and has ended where they broke off. Whatever comes, they are an object: an
  /// empty one where nothing comes, or what comes begins with no brace.
  ReadProgress read(std::string_view& text, bool is_last, OutputItems& items) {
    if (!has_begun_) {
      text.remove_prefix(num_leading_blanks(text));
      if (text.empty() && !is_last) return ReadProgress::kMore;
      has_begun_ = true;
      if (!text.starts_with('{')) return leave_empty(!text.empty(), items);
    }
    const ScannedPart part = scan_part(scanner_, text, is_last, items);
    if (part.is_broken) end_broken(items);
    return part.progress;
  }

 private:
  static ReadProgress leave_empty(bool is_broken, OutputItems& items) {
    items.add(ItemKind::kFunctionCall, "{}");
    if (!is_broken) return ReadProgress::kDone;
    items.end(true);
    return ReadProgress::kFault;
  }

  // The scanner has taken a word that turned out to be no JSON value. It is not lost: the model
  // said it, so it becomes text.
  void end_broken(OutputItems& items) const {
    const bool is_open = items.is_open(ItemKind::kFunctionCall);
    items.end(true);
    if (is_open && !scanner_.unread().empty()) items.add(ItemKind::kMessage, scanner_.unread());
  }

  JsonScanner scanner_;
  bool has_begun_ = false;
};

}  // namespace octavo
