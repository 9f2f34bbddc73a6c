#include "src/output/tool_syntax.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace octavo {
namespace {

// Sources: the chat templates that the vendors ship, and for what is in no template their model
// cards. The bodies of a family that came in several forms read all of them; held to one, a model
// writes the form that is spelled out here.
const std::vector<ToolSyntax> kTable{
    {.name = "hermes",  // Hermes 2 and 3, Qwen2.5, Qwen3, Granite 4
     .call_begin = "<tool_call>\n{\"name\": \"",
     .name_end = "\", \"arguments\": ",
     .call_end = "}\n</tool_call>",
     .separator = "\n",
     .openers = {"<tool_call>"},
     .closers = {"</tool_call>"}},
    {.name = "qwen3_coder",
     .body = CallBody::kTagged,
     .call_begin = "<tool_call>\n<function=",
     .name_end = ">\n",
     .call_end = "\n</function>\n</tool_call>",
     .separator = "\n",
     .openers = {"<tool_call>", "<function="},
     .closers = {"</tool_call>"},
     .tags = {"<function=", ">", "<parameter=", ">", "", "</parameter>", "</function>",
              "qwen_xml"}},
    {.name = "glm45",
     .body = CallBody::kTagged,
     .call_begin = "<tool_call>",
     .name_end = "\n",
     .call_end = "\n</tool_call>",
     .separator = "\n",
     .openers = {"<tool_call>"},
     .closers = {"</tool_call>"},
     .tags = {"", "", "<arg_key>", "</arg_key>", "<arg_value>", "</arg_value>", "</tool_call>",
              "glm_xml"}},
    {.name = "llama3_json",
     .call_begin = "{\"name\": \"",
     .name_end = "\", \"parameters\": ",
     .call_end = "}",
     .separator = "; ",
     .openers = {"<|python_tag|>"},
     .closers = {";"},
     .name_marks = {".call("},
     .may_be_bare = true},
    {.name = "mistral",
     .section_begin = "[TOOL_CALLS][",
     .call_begin = "{\"name\": \"",
     .name_end = "\", \"arguments\": ",
     .call_end = "}",
     .separator = ", ",
     .section_end = "]",
     .openers = {"[TOOL_CALLS]"},
     .name_marks = {"[ARGS]", "[CALL_ID]", "{"},
     .wants_short_ids = true},
    {.name = "mistral_v11",
     .body = CallBody::kNamed,
     .call_begin = "[TOOL_CALLS]",
     .name_end = "[ARGS]",
     .openers = {"[TOOL_CALLS]"},
     .name_marks = {"[ARGS]", "[CALL_ID]", "{"},
     .wants_short_ids = true},
    {.name = "deepseek_v3",
     .body = CallBody::kNamed,
     .section_begin = "<｜tool▁calls▁begin｜>",
     .call_begin = "<｜tool▁call▁begin｜>function<｜tool▁sep｜>",
     .name_end = "\n```json\n",
     .call_end = "\n```<｜tool▁call▁end｜>",
     .separator = "\n",
     .section_end = "<｜tool▁calls▁end｜>",
     .openers = {"<｜tool▁calls▁begin｜>", "<｜tool▁call▁begin｜>"},
     .closers = {"```", "<｜tool▁call▁end｜>", "<｜tool▁calls▁end｜>"},
     .name_marks = {"<｜tool▁sep｜>"}},
    {.name = "deepseek_v31",
     .body = CallBody::kNamed,
     .section_begin = "<｜tool▁calls▁begin｜>",
     .call_begin = "<｜tool▁call▁begin｜>",
     .name_end = "<｜tool▁sep｜>",
     .call_end = "<｜tool▁call▁end｜>",
     .section_end = "<｜tool▁calls▁end｜>",
     .openers = {"<｜tool▁calls▁begin｜>", "<｜tool▁call▁begin｜>"},
     .closers = {"```", "<｜tool▁call▁end｜>", "<｜tool▁calls▁end｜>"},
     .name_marks = {"<｜tool▁sep｜>"}},
    {.name = "granite",
     .section_begin = "<|tool_call|>[",
     .call_begin = "{\"name\": \"",
     .name_end = "\", \"arguments\": ",
     .call_end = "}",
     .separator = ", ",
     .section_end = "]",
     .openers = {"<|tool_call|>", "<tool_call>"},
     .closers = {"</tool_call>"}},
    {.name = "phi4_mini_json",
     .section_begin = "<|tool_call|>[",
     .call_begin = "{\"name\": \"",
     .name_end = "\", \"arguments\": ",
     .call_end = "}",
     .separator = ", ",
     .section_end = "]<|/tool_call|>",
     .openers = {"<|tool_call|>", "functools"},
     .closers = {"<|/tool_call|>"}},
    {.name = "kimi_k2",
     .body = CallBody::kNamed,
     .section_begin = "<|tool_calls_section_begin|>",
     .call_begin = "<|tool_call_begin|>functions.",
     .name_end = ":0<|tool_call_argument_begin|>",
     .call_end = "<|tool_call_end|>",
     .section_end = "<|tool_calls_section_end|>",
     .openers = {"<|tool_calls_section_begin|>", "<|tool_call_begin|>"},
     .closers = {"<|tool_call_end|>", "<|tool_calls_section_end|>"},
     .name_marks = {"<|tool_call_argument_begin|>"}},
    {.name = "seed_oss",
     .body = CallBody::kTagged,
     .call_begin = "<seed:tool_call>\n<function=",
     .name_end = ">\n",
     .call_end = "\n</function>\n</seed:tool_call>",
     .separator = "\n",
     .openers = {"<seed:tool_call>", "<function="},
     .closers = {"</seed:tool_call>"},
     .tags = {"<function=", ">", "<parameter=", ">", "", "</parameter>", "</function>",
              "qwen_xml"}},
    {.name = "nemotron_json",
     .section_begin = "<TOOLCALL>[",
     .call_begin = "{\"name\": \"",
     .name_end = "\", \"arguments\": ",
     .call_end = "}",
     .separator = ", ",
     .section_end = "]</TOOLCALL>",
     .openers = {"<TOOLCALL>"},
     .closers = {"</TOOLCALL>"}},
    {.name = "openai",  // gpt-oss
     .body = CallBody::kHarmony,
     .call_begin = "<|channel|>commentary to=functions.",
     .name_end = " <|constrain|>json<|message|>",
     .openers = {"<|start|>", "<|channel|>", "<|constrain|>", "<|message|>", "<|end|>", "<|call|>",
                 "<|return|>"}},
};

struct Clue {
  std::string_view mark;    ///< In the source of a template.
  std::string_view syntax;  ///< What it speaks for.
};
// The first that is found decides.
constexpr std::array<Clue, 16> kClues{{{"<|channel|>", "openai"},
                                       {"<seed:tool_call>", "seed_oss"},
                                       {"<|tool_calls_section_begin|>", "kimi_k2"},
                                       {"<TOOLCALL>", "nemotron_json"},
                                       {"<｜tool▁calls▁begin｜>", "deepseek_v3"},
                                       {"<arg_key>", "glm45"},
                                       {"<function=", "qwen3_coder"},
                                       {"<|/tool_call|>", "phi4_mini_json"},
                                       {"<|tool|>", "phi4_mini_json"},
                                       {"<|tool_call|>", "granite"},
                                       {"<tool_call>", "hermes"},
                                       {"[ARGS]", "mistral_v11"},
                                       {"[TOOL_CALLS]", "mistral"},
                                       {"<|python_tag|>", "llama3_json"},
                                       {"\"parameters\": dictionary", "llama3_json"},
                                       {"<|eom_id|>", "llama3_json"}}};

}  // namespace

const ToolSyntax* find_tool_syntax(std::string_view name) {
  const auto found = std::ranges::find(kTable, name, &ToolSyntax::name);
  return found == kTable.end() ? nullptr : &*found;
}

std::string_view tool_syntax_names() {
  static const std::string names = [] {
    std::string list;
    for (const ToolSyntax& each : kTable) list.append(list.empty() ? "" : ", ").append(each.name);
    return list;
  }();
  return names;
}

const ToolSyntax& tool_syntax_of(std::string_view template_source) {
  const auto has = [&](std::string_view mark) {
    return template_source.find(mark) != std::string_view::npos;
  };
  for (const Clue& clue : kClues) {
    if (!has(clue.mark)) continue;
    // The older of DeepSeek's two forms says of each call that it is a function, and fences it.
    const bool is_deepseek_v31 = clue.syntax == "deepseek_v3" && !has("```json");
    return *find_tool_syntax(is_deepseek_v31 ? "deepseek_v31" : clue.syntax);
  }
  return *find_tool_syntax("hermes");
}

}  // namespace octavo
