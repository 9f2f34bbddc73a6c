// Calls as a name, a mark, and the arguments: f[ARGS]{...} of Mistral, DeepSeek's fenced JSON after
// the word `function`, Kimi's functions.f:0, and Llama's f.call(x=1).
#pragma once

#include <string>

#include "src/output/argument_stream.hpp"

namespace octavo {

class NamedCallReader final : public CallReader {
 public:
  /// syntax: must outlive the reader.
  explicit NamedCallReader(const ToolSyntax& syntax) : syntax_(syntax) {}
  ReadProgress read(std::string_view& text, bool is_last, OutputItems& items) override;

 private:
  enum class Place : std::uint8_t {
    kName,
    kId,        ///< Mistral's own id of the call, which nobody needs.
    kNameLine,  ///< DeepSeek: the name is what stands in this line.
    kBegin,     ///< Before the first brace.
    kArguments,
    kKeyword,  ///< Llama: before x= or the closing parenthesis.
    kKeywordValue,
  };

  ReadProgress step(std::string_view& text, bool is_last, OutputItems& items);
  ReadProgress take_name(std::string_view& text);
  ReadProgress take_id(std::string_view& text);
  ReadProgress take_name_line(std::string_view& text);
  ReadProgress begin_arguments(std::string_view& text, OutputItems& items);
  ReadProgress take_keyword(std::string_view& text, OutputItems& items);
  ReadProgress take_keyword_value(std::string_view& text, bool is_last, OutputItems& items);
  void begin_call(OutputItems& items);
  void break_off(OutputItems& items) const;

  const ToolSyntax& syntax_;
  Place place_ = Place::kName;
  std::string name_;
  bool has_begun_ = false;
  bool has_keyword_ = false;
  ArgumentStream arguments_;
  JsonScanner scanner_;  ///< Of the value of a keyword.
};

}  // namespace octavo
