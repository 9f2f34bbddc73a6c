#include "tests/text/jinja/judged.hpp"

#include "src/text/chat_template.hpp"

namespace octavo::testing {

boost::json::object answer_to(const std::string& source, boost::json::object context) {
  const auto chat_template = ChatTemplate::parse(source);
  if (!chat_template) return {{"refuses", "to load"}, {"why", chat_template.error().message()}};
  context["now"] = "2024-07-26T12:00:00";
  const auto spans = (*chat_template)->render(context);
  if (!spans) return {{"refuses", "to render"}, {"why", spans.error().message()}};
  std::string text;
  for (const TextSpan& span : *spans) text += span.text;
  return {{"writes", text}};
}

}  // namespace octavo::testing
