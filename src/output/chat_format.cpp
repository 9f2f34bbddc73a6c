#include "src/output/chat_format.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "src/core/utf8.hpp"

namespace octavo {
namespace {

constexpr ReasoningMarks kThink{"<think>", "</think>"};
constexpr ReasoningMarks kMistral{"[THINK]", "[/THINK]"};
constexpr ReasoningMarks kSeed{"<seed:think>", "</seed:think>"};

struct NamedMarks {
  std::string_view name;
  ReasoningMarks marks;
};
// As vLLM names them, several for the same marks. gpt-oss thinks on a channel, which is its syntax.
constexpr std::array<NamedMarks, 14> kNamed{{{"none", {}},
                                             {"think", kThink},
                                             {"deepseek_r1", kThink},
                                             {"deepseek_v3", kThink},
                                             {"qwen3", kThink},
                                             {"glm45", kThink},
                                             {"granite", kThink},
                                             {"ernie45", kThink},
                                             {"hunyuan_a13b", kThink},
                                             {"minimax_m2", kThink},
                                             {"mistral", kMistral},
                                             {"seed_oss", kSeed},
                                             {"openai", {}},
                                             {"openai_gptoss", {}}}};

std::optional<ReasoningMarks> find_marks(std::string_view name) {
  const auto found = std::ranges::find(kNamed, name, &NamedMarks::name);
  if (found == kNamed.end()) return std::nullopt;
  return found->marks;
}

ReasoningMarks marks_in(std::string_view source) {
  for (const ReasoningMarks& marks : {kSeed, kMistral, kThink}) {
    if (source.find(marks.begin) != std::string_view::npos ||
        source.find(marks.end) != std::string_view::npos)
      return marks;
  }
  return {};
}

}  // namespace

std::vector<std::string_view> ChatFormat::marks() const {
  std::vector<std::string_view> all = tools->openers;
  all.insert(all.end(), tools->closers.begin(), tools->closers.end());
  all.insert(all.end(), tools->name_marks.begin(), tools->name_marks.end());
  for (const std::string_view mark : {reasoning.begin, reasoning.end}) {
    if (!mark.empty()) all.push_back(mark);
  }
  return all;
}

Result<ChatFormat> chat_format_of(std::string_view template_source, const ChatFormatFlags& flags) {
  const auto has = [&](std::string_view word) {
    return template_source.find(word) != std::string_view::npos;
  };
  ChatFormat format;
  format.renders_tools = has("tools");
  format.knows_thinking = has("enable_thinking") || has("thinking");
  format.knows_effort = has("reasoning_effort");
  format.tools = flags.tool_call_parser == "auto" ? &tool_syntax_of(template_source)
                                                  : find_tool_syntax(flags.tool_call_parser);
  if (format.tools == nullptr) {
    return Error{Errc::kInvalidValue,
                 "--tool-call-parser: `" + quotable(flags.tool_call_parser, 64) +
                     "` is none of auto, " + std::string(tool_syntax_names()),
                 "tool-call-parser"};
  }
  const auto named = find_marks(flags.reasoning_parser);
  if (!named && flags.reasoning_parser != "auto") {
    return Error{Errc::kInvalidValue,
                 "--reasoning-parser: `" + quotable(flags.reasoning_parser, 64) +
                     "` is none of auto, none, think, mistral, seed_oss, openai",
                 "reasoning-parser"};
  }
  format.reasoning = named ? *named : marks_in(template_source);
  return format;
}

}  // namespace octavo
