// Every family of models writes calls of functions in its own way. One table describes them all: a
// row says what stands before, between and after the name and the arguments, so that the same row
// reads what a model says and holds a model to saying it.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace octavo {

/// How the inside of a call is written, and who reads it.
enum class CallBody : std::uint8_t {
  kJson,     ///< An object with the name and the arguments, or a list of them.
  kNamed,    ///< The name, a mark, and the arguments as JSON.
  kTagged,   ///< The name, and each argument between tags of its own.
  kHarmony,  ///< A message to a recipient, on a channel.
};

/// Tags of kTagged, in their order; empty ones are not written.
struct ArgumentTags {
  std::string_view name_begin, name_end;    ///< Around the function's name.
  std::string_view key_begin, key_end;      ///< Around an argument's name.
  std::string_view value_begin, value_end;  ///< Around its value.
  std::string_view call_end{};              ///< After the last.
  std::string_view style;                   ///< How xgrammar names this way to write a schema.
};

/// One answer with the calls f(x) and g(y) is
///   section_begin  call_begin f name_end x call_end  separator  call_begin g ...  section_end
struct ToolSyntax {
  std::string_view name;  ///< As `--tool-call-parser` has it.
  CallBody body = CallBody::kJson;
  std::string_view section_begin{};
  std::string_view call_begin{};
  std::string_view name_end{};
  std::string_view call_end{};
  std::string_view separator{};
  std::string_view section_end{};
  /// Where calls may begin in a text, longest first; what stands at one is given to the body.
  std::vector<std::string_view> openers{};
  /// What may stand after a call without being text.
  std::vector<std::string_view> closers{};
  /// What may end a name, where the inside is no JSON object: see NamedCallReader.
  std::vector<std::string_view> name_marks{};
  /// A call may also be all of an answer, from its first brace on.
  bool may_be_bare = false;
  ArgumentTags tags{};
  bool wants_short_ids = false;  ///< Its templates take ids of nine letters and digits only.
};

/// Null for a name that is none.
const ToolSyntax* find_tool_syntax(std::string_view name);
/// All names, with commas, for --help and errors.
std::string_view tool_syntax_names();
/// By the marks in the source of a chat template; Hermes for one that has none.
const ToolSyntax& tool_syntax_of(std::string_view template_source);

}  // namespace octavo
