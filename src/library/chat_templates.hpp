// What stands beside a model's weights about conversations: its templates, and how it writes down
// what is no plain text.
#pragma once

#include <string>

#include "src/output/chat_format.hpp"
#include "src/response/served_model.hpp"

namespace octavo {

struct ChatTemplateOptions {
  std::string file;  ///< Replaces the model's own; empty: that.
  ChatFormatFlags format{};
};

/// Fills templates, format and marks; the tokenizer is there already. Errors: kIo, kTemplateError;
/// kInvalidValue for a flag that names nothing.
[[nodiscard]] Result<void> read_chat_templates(ServedModel& served,
                                               const ChatTemplateOptions& options);

}  // namespace octavo
