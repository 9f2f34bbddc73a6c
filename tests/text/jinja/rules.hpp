// Rules of the template language as a test states them: a template, and what it writes.
#pragma once

#include <boost/json/object.hpp>
#include <string>
#include <tuple>

#include "src/text/chat_template.hpp"
#include "tests/support/catch.hpp"

namespace octavo::testing {

/// What the template writes, or "fault: " and its message.
inline std::string rendered(const std::string& source, const boost::json::object& context = {},
                            RenderLimits limits = {}) {
  const auto chat_template = ChatTemplate::parse(source);
  if (!chat_template) return "fault: " + chat_template.error().message();
  const auto spans = (*chat_template)->render(context, limits);
  if (!spans) return "fault: " + spans.error().message();
  std::string text;
  for (const TextSpan& span : *spans) text += span.text;
  return text;
}

inline bool is_fault(const std::string& text) { return text.starts_with("fault: "); }

/// For GENERATE: {rule, template, what it writes}.
inline auto rules(std::initializer_list<std::tuple<const char*, const char*, const char*>> all) {
  return Catch::Generators::table<const char*, const char*, const char*>(all);
}

}  // namespace octavo::testing
