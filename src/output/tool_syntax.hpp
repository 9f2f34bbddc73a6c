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
  /// The marks at which a call may begin.
  std::vector<std::string_view> openers{};
  /// Marks that may follow a call; they are dropped.
  std::vector<std::string_view> closers{};
  /// The marks that may end the function's name where the call is not a JSON object;
  /// NamedCallReader reads these calls.
  std::vector<std::string_view> name_marks{};
  /// An answer that begins with a brace may be a call without any mark.
  bool may_be_bare = false;
  ArgumentTags tags{};
  bool wants_short_ids = false;  ///< Its templates take ids of nine letters and digits only.
};

/// Null when no syntax has this name.
const ToolSyntax* find_tool_syntax(std::string_view name);
/// All names, with commas, for --help and errors.
std::string_view tool_syntax_names();
/// The syntax whose marks stand in the source of a chat template. Hermes when there are none.
const ToolSyntax& tool_syntax_of(std::string_view template_source);

}  // namespace octavo
