// An answer is not only text: a model may think before it speaks, and ask for functions to be
// called. These are the parts of one answer, in the order in which they came.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace octavo {

enum class ItemKind : std::uint8_t { kMessage, kReasoning, kFunctionCall };

struct OutputItem {
  ItemKind kind = ItemKind::kMessage;
  std::string name;  ///< The function that is called; empty for the others.
  std::string text;  ///< What is said or thought; of a call its arguments, JSON once it has ended.
  bool has_ended = false;
  bool is_broken = false;  ///< The model has not written it to its end.
};

/// Filled by a parser, item after item; only the last is open.
class OutputItems {
 public:
  /// max_calls: calls beyond this number are dropped.
  explicit OutputItems(std::size_t max_calls = SIZE_MAX) : num_calls_left_(max_calls) {}

  const std::vector<OutputItem>& all() const { return items_; }
  bool is_empty() const { return items_.empty(); }
  bool is_open(ItemKind kind) const {
    return !is_left_out_ && !items_.empty() && !items_.back().has_ended &&
           items_.back().kind == kind;
  }

  /// Ends what is open and begins the next.
  void begin(ItemKind kind, std::string name = {}) {
    end();
    is_left_out_ = kind == ItemKind::kFunctionCall && num_calls_left_ == 0;
    if (is_left_out_) return;
    if (kind == ItemKind::kFunctionCall) --num_calls_left_;
    items_.push_back({kind, std::move(name), {}, false, false});
  }
  /// Appends to the item of this kind that is open; begins one where there is none.
  void add(ItemKind kind, std::string_view text) {
    if (is_left_out_ && kind == ItemKind::kFunctionCall) return;
    if (!is_open(kind)) begin(kind);
    items_.back().text += text;
  }
  void end(bool is_broken = false) {
    if (is_left_out_ || items_.empty() || items_.back().has_ended) return;
    items_.back().has_ended = true;
    items_.back().is_broken = is_broken;
  }

 private:
  std::vector<OutputItem> items_;
  std::size_t num_calls_left_;
  bool is_left_out_ = false;  ///< What comes belongs to a call too many.
};

}  // namespace octavo
