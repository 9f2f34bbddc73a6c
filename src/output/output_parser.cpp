#include "src/output/output_parser.hpp"

#include "src/output/harmony_parser.hpp"
#include "src/output/marked_output_parser.hpp"

namespace octavo {

std::unique_ptr<OutputParser> make_output_parser(const ChatFormat& format,
                                                 const std::vector<Tool>& tools,
                                                 bool begins_in_reasoning) {
  if (format.tools->body == CallBody::kHarmony) return std::make_unique<HarmonyParser>();
  if (tools.empty() && format.reasoning.is_none()) return nullptr;
  return std::make_unique<MarkedOutputParser>(format, tools, begins_in_reasoning);
}

}  // namespace octavo
