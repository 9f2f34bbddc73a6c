// Qwen3-Coder and GLM put each argument of a call between tags of its own. The tags hold plain
// text, not JSON: the function's schema says which arguments are strings, and the others are read
// as JSON.
#pragma once

#include <string>

#include "src/output/call_reader.hpp"

namespace octavo {

class TaggedCallReader final : public CallReader {
 public:
  /// has_name_begun: the opening mark was itself the tag before the name, and has been read. Syntax
  /// and tools must outlive the reader.
  TaggedCallReader(const ToolSyntax& syntax, const std::vector<Tool>& tools, bool has_name_begun)
      : tags_(syntax.tags),
        closers_(syntax.closers),
        tools_(tools),
        name_begin_(has_name_begun ? "" : syntax.tags.name_begin) {}
  ReadProgress read(std::string_view& text, bool is_last, OutputItems& items) override;

 private:
  enum class Place : std::uint8_t { kName, kNext, kKey, kValueBegin, kValue };

  ReadProgress step(std::string_view& text, bool is_last, OutputItems& items);
  ReadProgress take_name(std::string_view& text, OutputItems& items);
  ReadProgress take_next(std::string_view& text, OutputItems& items);
  ReadProgress take_key(std::string_view& text, OutputItems& items);
  ReadProgress take_value_begin(std::string_view& text);
  ReadProgress take_value(std::string_view& text, bool is_last, OutputItems& items);
  void end_value(OutputItems& items);
  void end_call(OutputItems& items, bool is_broken);

  const ArgumentTags& tags_;
  const std::vector<std::string_view>& closers_;
  const std::vector<Tool>& tools_;
  std::string_view name_begin_;
  Place place_ = Place::kName;
  std::string name_;
  bool has_begun_ = false;
  bool has_arguments_ = false;
  bool is_text_ = false;      ///< The argument at hand is a string, and goes on as it comes.
  bool is_word_ = false;      ///< It is one of a few words.
  bool is_at_begin_ = false;  ///< Nothing of the value has come.
  std::string value_;         ///< Of an argument that is no string.
};

}  // namespace octavo
