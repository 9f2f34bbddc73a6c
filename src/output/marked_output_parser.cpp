#include "src/output/marked_output_parser.hpp"

#include <algorithm>
#include <span>

namespace octavo {
namespace {

std::size_t num_trailing_blanks(std::string_view text) {
  const std::size_t last = text.find_last_not_of(kBlanks);
  return text.size() - (last == std::string_view::npos ? 0 : last + 1);
}

}  // namespace

MarkedOutputParser::MarkedOutputParser(const ChatFormat& format, const std::vector<Tool>& tools,
                                       bool begins_in_reasoning)
    : format_(format),
      tools_(tools),
      place_(begins_in_reasoning ? Place::kReasoning : Place::kText) {
  if (!tools.empty()) marks_ = format.tools->openers;
  num_openers_ = marks_.size();
  if (!format.reasoning.begin.empty()) marks_.push_back(format.reasoning.begin);
}

bool MarkedOutputParser::step(bool is_last, OutputItems& items) {
  switch (place_) {
    case Place::kText:
      return take_text(is_last, items);
    case Place::kReasoning:
      return take_reasoning(is_last, items);
    case Place::kOpening:
      return take_opening(is_last, items);
    case Place::kCall:
      return take_call(is_last, items);
  }
  return false;
}

bool MarkedOutputParser::take_text(bool is_last, OutputItems& items) {
  const bool is_open = items.is_open(ItemKind::kMessage);
  if (!is_open && (has_thought_ || !items.is_empty())) consume(num_leading_blanks(pending()));
  if (pending().empty()) return false;
  const Starts closes = is_after_call_ ? take_closer() : Starts::kNo;
  if (closes == Starts::kYes || (closes == Starts::kPerhaps && !is_last))
    return closes == Starts::kYes;
  if (!is_open && open_bare(items)) return true;
  // A model that writes about the mark, in the middle of its answer, does not begin to think.
  const std::span<const std::string_view> openers = std::span(marks_).first(num_openers_);
  const std::span<const std::string_view> marks = is_open ? openers : std::span(marks_);
  FoundMark found = find_first(pending(), marks);
  const bool has_text =
      pending().find_first_not_of(kBlanks) < std::min(found.begin, pending().size());
  if (found.is_found() && has_text) found = find_first(pending(), openers);
  if (found.is_found()) {
    open(pending().substr(0, found.begin), found.mark, items);
    return true;
  }
  std::size_t num_held = is_last ? 0 : num_begun(pending(), marks);
  if (!is_last)
    num_held +=
        num_trailing_blanks(std::string_view(pending()).substr(0, pending().size() - num_held));
  const std::size_t num_bytes = pending().size() - num_held;
  if (num_bytes == 0) return false;
  say(std::string_view(pending()).substr(0, num_bytes), items);
  consume(num_bytes);
  return false;
}

// Takes what may stand after a call without being text.
Starts MarkedOutputParser::take_closer() {
  Starts closes = Starts::kNo;
  for (const std::string_view closer : format_.tools->closers) {
    const Starts starts = starts_with(pending(), closer);
    if (starts == Starts::kPerhaps) closes = starts;
    if (starts != Starts::kYes) continue;
    consume(closer.size());
    return starts;
  }
  return closes;
}

// An answer that is nothing but a call may have no mark.
bool MarkedOutputParser::open_bare(OutputItems& items) {
  if (num_openers_ == 0 || !format_.tools->may_be_bare) return false;
  const std::size_t num_blanks = num_leading_blanks(pending());
  const bool may_begin = items.is_empty() || is_after_call_;
  if (!may_begin || num_blanks == pending().size() || pending()[num_blanks] != '{') return false;
  open(pending().substr(0, num_blanks), "", items);
  return true;
}

void MarkedOutputParser::open(const std::string& before, std::string_view mark,
                              OutputItems& items) {
  const std::size_t num_blanks = num_trailing_blanks(before);
  const std::string_view text = std::string_view(before).substr(0, before.size() - num_blanks);
  if (!text.empty()) say(text, items);
  consume(before.size() + mark.size());
  if (!mark.empty() && mark == format_.reasoning.begin) {
    place_ = Place::kReasoning;
    return;
  }
  opening_ = before.substr(before.size() - num_blanks).append(mark);
  opener_ = mark;
  place_ = Place::kOpening;
}

bool MarkedOutputParser::take_reasoning(bool is_last, OutputItems& items) {
  if (!items.is_open(ItemKind::kReasoning)) consume(num_leading_blanks(pending()));
  if (pending().empty()) return false;
  const std::string_view end = format_.reasoning.end;
  const std::size_t found = pending().find(end);
  const bool is_found = found != std::string::npos;
  const std::string_view marks[]{end};
  const std::size_t num_marked = is_found || is_last ? 0 : num_begun(pending(), marks);
  std::string_view text =
      std::string_view(pending()).substr(0, is_found ? found : pending().size() - num_marked);
  if (is_found || !is_last) text.remove_suffix(num_trailing_blanks(text));
  if (!text.empty()) items.add(ItemKind::kReasoning, text);
  if (!is_found) {
    consume(text.size());
    return false;
  }
  items.end();
  has_thought_ = true;
  consume(found + end.size());
  place_ = Place::kText;
  return true;
}

bool MarkedOutputParser::take_opening(bool is_last, OutputItems& items) {
  const std::size_t num_blanks = num_leading_blanks(pending());
  opening_.append(pending(), 0, num_blanks);
  consume(num_blanks);
  const Starts opens = take_second_opener();
  if (opens == Starts::kYes) return true;
  if ((pending().empty() || opens == Starts::kPerhaps) && !is_last) return false;
  if (pending().empty()) return give_up_call(items);
  reader_ = make_call_reader(*format_.tools, opener_, pending().front(), tools_);
  if (reader_ == nullptr) return give_up_call(items);
  num_items_ = items.all().size();
  place_ = Place::kCall;
  return true;
}

// The mark of all calls may stand before that of the first one.
Starts MarkedOutputParser::take_second_opener() {
  const bool is_bare = opener_.empty();
  Starts opens = Starts::kNo;
  for (const std::string_view opener : format_.tools->openers) {
    if (is_bare || opener == opener_ || pending().empty()) continue;
    const Starts starts = starts_with(pending(), opener);
    if (starts == Starts::kPerhaps) opens = starts;
    if (starts != Starts::kYes) continue;
    opening_ += opener;
    opener_ = opener;
    consume(opener.size());
    return starts;
  }
  return opens;
}

bool MarkedOutputParser::take_call(bool is_last, OutputItems& items) {
  std::string_view rest = pending();
  const ReadProgress progress = reader_->read(rest, is_last, items);
  const std::size_t num_taken = pending().size() - rest.size();
  const bool has_begun = items.all().size() > num_items_;
  if (!has_begun) opening_.append(pending(), 0, num_taken);
  consume(num_taken);
  if (progress == ReadProgress::kMore) return false;
  if (progress == ReadProgress::kFault && !has_begun) return give_up_call(items);
  reader_.reset();
  place_ = Place::kText;
  is_after_call_ = true;
  return true;
}

bool MarkedOutputParser::give_up_call(OutputItems& items) {
  reader_.reset();
  place_ = Place::kText;
  say(opening_, items);
  opening_.clear();
  return true;
}

void MarkedOutputParser::say(std::string_view text, OutputItems& items) {
  items.add(ItemKind::kMessage, text);
  is_after_call_ = false;
}

}  // namespace octavo
