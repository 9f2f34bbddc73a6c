#include "src/output/call_reader.hpp"

#include "src/output/json_call_reader.hpp"
#include "src/output/named_call_reader.hpp"
#include "src/output/tagged_call_reader.hpp"

namespace octavo {

std::unique_ptr<CallReader> make_call_reader(const ToolSyntax& syntax, std::string_view opener,
                                             char first, const std::vector<Tool>& tools) {
  if (syntax.body == CallBody::kTagged)
    return std::make_unique<TaggedCallReader>(syntax, tools, opener == syntax.tags.name_begin);
  if (first == '{' || first == '[') return std::make_unique<JsonCallReader>();
  if (syntax.name_marks.empty()) return nullptr;
  return std::make_unique<NamedCallReader>(syntax);
}

}  // namespace octavo
