// How the model that is served writes down what is no plain text: told from its chat template, or
// by flags.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "src/core/result.hpp"
#include "src/output/tool_syntax.hpp"

namespace octavo {

/// Around what a model thinks; both empty for one that does not.
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

  /// Everything that may stand in an answer as a mark. Control tokens among them must stay in the
  /// text for a parser to see.
  std::vector<std::string_view> marks() const;
};

struct ChatFormatFlags {
  std::string tool_call_parser = "auto";  ///< A name of the table, as vLLM has it.
  std::string reasoning_parser = "auto";  ///< think, mistral, seed_oss, none; names of vLLM's too.
};

/// template_source: of all templates of the model together; empty for one without. Errors:
/// kInvalidValue for a flag that names nothing.
[[nodiscard]] Result<ChatFormat> chat_format_of(std::string_view template_source,
                                                const ChatFormatFlags& flags);

}  // namespace octavo
