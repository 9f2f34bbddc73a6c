// Models mark their thoughts and their calls in the text, each family in its own way. This is how
// the served model does it; the server learns it from the chat template, or is told by flags.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "src/core/result.hpp"
#include "src/output/tool_syntax.hpp"

namespace octavo {

/// The marks around what a model thinks. Both are empty for a model that does not think.
struct ReasoningMarks {
  std::string_view begin{};
  std::string_view end{};
  bool is_none() const { return end.empty(); }
};

struct ChatFormat {
  const ToolSyntax* tools = find_tool_syntax("hermes");
  ReasoningMarks reasoning{};
  bool renders_tools = false;   ///< The template writes tools and calls down itself.
  bool knows_thinking = false;  ///< It asks for `enable_thinking`, or `thinking`.
  bool knows_effort = false;    ///< It asks for `reasoning_effort`.

  /// Every mark that an answer may hold. Where a mark is a control token of the vocabulary, the
  /// detokenizer must not skip it, or the parser would not see it.
  std::vector<std::string_view> marks() const;
};

struct ChatFormatFlags {
  std::string tool_call_parser = "auto";  ///< A name of the table, as vLLM has it.
  std::string reasoning_parser = "auto";  ///< think, mistral, seed_oss, none; names of vLLM's too.
};

/// template_source: the source of the model's chat templates, joined; empty for a model without
/// one. Errors: kInvalidValue for a flag that names no known format.
[[nodiscard]] Result<ChatFormat> chat_format_of(std::string_view template_source,
                                                const ChatFormatFlags& flags);

}  // namespace octavo
