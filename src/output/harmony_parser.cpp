#include "src/output/harmony_parser.hpp"

#include <array>

#include "src/output/mark_search.hpp"

namespace octavo {
namespace {

constexpr std::string_view kStart = "<|start|>";
constexpr std::string_view kChannel = "<|channel|>";
constexpr std::string_view kMessage = "<|message|>";
constexpr std::string_view kRecipient = "to=";
constexpr std::array<std::string_view, 4> kEnds{"<|end|>", "<|call|>", "<|return|>", kStart};
constexpr std::array<std::string_view, 2> kBegins{kStart, kChannel};
constexpr std::size_t kMaxHeaderBytes = 1024;

// The word after the mark; empty where there is none.
std::string_view word_after(std::string_view header, std::string_view mark) {
  const std::size_t begin = header.find(mark);
  if (begin == std::string_view::npos) return {};
  const std::string_view rest = header.substr(begin + mark.size());
  return rest.substr(0, rest.find_first_of(" <\n"));
}

// A header begins with a mark, a role or a recipient; anything else is an answer without one.
bool may_be_header(std::string_view text) {
  text.remove_prefix(num_leading_blanks(text));
  for (const std::string_view begin :
       {kStart, kChannel, kMessage, kRecipient, std::string_view("assistant")}) {
    if (starts_with(text, begin) != Starts::kNo) return true;
  }
  return false;
}

}  // namespace

bool HarmonyParser::step(bool is_last, OutputItems& items) {
  if (place_ == Place::kHeader) return take_header(is_last, items);
  if (place_ == Place::kBody) return take_body(is_last, items);
  const FoundMark found = find_first(pending(), kBegins);
  consume(found.is_found() ? found.begin : pending().size() - num_begun(pending(), kBegins));
  if (found.is_found()) place_ = Place::kHeader;
  return found.is_found();
}

bool HarmonyParser::take_header(bool is_last, OutputItems& items) {
  const std::size_t end = pending().find(kMessage);
  if (end <= kMaxHeaderBytes && may_be_header(pending())) {
    begin_body(std::string_view(pending()).substr(0, end), items);
    consume(end + kMessage.size());
    return true;
  }
  // Longer, and no mark in it that ends a header: it will be none, whatever comes.
  const bool is_too_long = pending().size() >= kMaxHeaderBytes + kMessage.size();
  const bool may_be = !is_too_long && may_be_header(pending());
  if ((may_be && !is_last) || pending().empty()) return false;
  if (may_be) {
    consume(pending().size());  // A header whose message never came.
    return false;
  }
  kind_ = ItemKind::kMessage;
  place_ = Place::kBody;
  return true;
}

void HarmonyParser::begin_body(std::string_view header, OutputItems& items) {
  constexpr std::string_view kFunctions = "functions.";
  place_ = Place::kBody;
  std::string_view recipient = word_after(header, kRecipient);
  kind_ = word_after(header, kChannel) == "analysis" ? ItemKind::kReasoning : ItemKind::kMessage;
  items.end();
  if (recipient.empty()) return;
  if (recipient.starts_with(kFunctions)) recipient.remove_prefix(kFunctions.size());
  kind_ = ItemKind::kFunctionCall;
  are_arguments_over_ = false;
  arguments_ = {};
  items.begin(kind_, std::string(recipient));
}

bool HarmonyParser::take_body(bool is_last, OutputItems& items) {
  const FoundMark found = find_first(pending(), kEnds);
  const bool is_over = found.is_found() || is_last;
  const std::size_t num_bytes =
      found.is_found() ? found.begin
                       : pending().size() - (is_last ? 0 : num_begun(pending(), kEnds));
  take_content(std::string_view(pending()).substr(0, num_bytes), is_over, items);
  consume(num_bytes);
  if (!found.is_found()) return false;
  items.end();
  place_ = found.mark == kStart ? Place::kHeader : Place::kBetween;
  return true;
}

void HarmonyParser::take_content(std::string_view text, bool is_last, OutputItems& items) {
  if (kind_ != ItemKind::kFunctionCall) {
    if (!text.empty()) items.add(kind_, text);
    return;
  }
  if (!are_arguments_over_)
    are_arguments_over_ = arguments_.read(text, is_last, items) != ReadProgress::kMore;
  if (!are_arguments_over_) return;
  // What follows the arguments is said, not called; blanks between the two are neither.
  if (!items.is_open(ItemKind::kMessage)) text.remove_prefix(num_leading_blanks(text));
  if (!text.empty()) items.add(ItemKind::kMessage, text);
}

}  // namespace octavo
