#include "src/library/chat_templates.hpp"

#include <algorithm>

#include "src/library/text_file.hpp"

namespace octavo {
namespace {

Result<void> take_format(ServedModel& served, std::string_view source,
                         const ChatFormatFlags& flags) {
  const auto format = chat_format_of(source, flags);
  if (!format) return format.error();
  served.format = *format;
  for (const std::string_view mark : served.format.marks()) {
    const auto token = served.tokenizer->token_to_id(mark);
    const bool is_mark =
        token && served.tokenizer->is_special(*token) && *token < served.vocab_size;
    if (is_mark) served.mark_tokens.push_back(*token);
  }
  std::ranges::sort(served.mark_tokens);
  return {};
}

Result<std::string> read_source(const ServedModel& served, const std::string& file) {
  if (!file.empty()) return read_text_file(file);
  const auto own = served.tokenizer->chat_template(false);
  return own && *own != nullptr ? **own : std::string();
}

}  // namespace

Result<void> read_chat_templates(ServedModel& served, const ChatTemplateOptions& options) {
  const auto source = read_source(served, options.file);
  if (!source) return source.error();
  std::string all = *source;
  if (!source->empty()) {
    auto parsed = ChatTemplate::parse(*source);
    if (!parsed) return parsed.error();
    served.chat_template = std::move(*parsed);
  }
  const auto with_tools = served.tokenizer->chat_template(true);
  const bool has_another =
      options.file.empty() && with_tools && *with_tools != nullptr && **with_tools != *source;
  if (has_another) {
    auto parsed = ChatTemplate::parse(**with_tools);
    if (!parsed) return parsed.error();
    served.tool_template = std::move(*parsed);
    all.append("\n").append(**with_tools);
  }
  return take_format(served, all, options.format);
}

}  // namespace octavo
