#include "src/response/answer_format.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "src/grammar/schema_check.hpp"
#include "src/output/mark_search.hpp"

namespace octavo {
namespace {

namespace json = boost::json;

constexpr int kMaxBlanks = 8;

json::object sequence_of(json::array elements) {
  return {{"type", "sequence"}, {"elements", std::move(elements)}};
}

json::object any_of(json::array elements) {
  if (elements.size() == 1) return elements.front().as_object();
  return {{"type", "or"}, {"elements", std::move(elements)}};
}

json::object repeated(std::string_view kind, json::object content) {
  return {{"type", kind}, {"content", std::move(content)}};
}

json::object any_text_before(const json::array& ends) {
  return {{"type", "any_text"}, {"excludes", ends}};
}

/// Writes structural tags for one model: marks that are control tokens stand as tokens, since they
/// have no text of their own.
class FormatWriter {
 public:
  explicit FormatWriter(const ServedModel& model) : model_(model) {
    for (const TokenId token : model.mark_tokens) marks_.push_back(model.tokenizer->piece(token));
  }

  bool is_token(std::string_view mark) const {
    return std::ranges::find(marks_, mark) != marks_.end();
  }

  void add_literal(std::string_view text, json::array& elements) const {
    while (!text.empty()) {
      const FoundMark found = find_first(text, marks_);
      const std::string_view before = text.substr(0, found.begin);
      if (!before.empty())
        elements.push_back(json::object{{"type", "const_string"}, {"value", before}});
      if (!found.is_found()) return;
      elements.push_back(
          json::object{{"type", "token"}, {"token", *model_.tokenizer->token_to_id(found.mark)}});
      text.remove_prefix(found.begin + found.mark.size());
    }
  }

  // Text up to the mark, and the mark.
  void add_text_until(std::string_view mark, json::array& elements) const {
    elements.push_back(any_text_before(is_token(mark) ? json::array() : json::array{mark}));
    add_literal(mark, elements);
  }

 private:
  const ServedModel& model_;
  std::vector<std::string_view> marks_;
};

json::object schema_of(const Tool& tool) {
  json::object schema = tool.parameters;
  if (!schema.contains("type")) schema["type"] = "object";
  if (!schema.contains("properties")) schema["properties"] = json::object();
  return schema;
}

// The schema of a tool that is not strict helps where it can be held to; where it cannot, the
// arguments are any object.
Result<json::object> arguments_format(const Tool& tool, std::string_view style) {
  json::object schema = schema_of(tool);
  const std::string param = "tools." + tool.name + ".parameters";
  if (auto checked = check_schema(schema, param); !checked) {
    if (tool.is_strict) return checked.error();
    schema = {{"type", "object"}, {"additionalProperties", true}};
  }
  json::object format{{"type", "json_schema"}, {"json_schema", std::move(schema)}};
  format["style"] = style.empty() ? "json" : style;
  format["max_whitespace_cnt"] = kMaxBlanks;
  return format;
}

Result<json::object> calls_format(const FormatWriter& writer, const ToolSyntax& syntax,
                                  const ResponseCreate& create) {
  json::array calls;
  for (const Tool& tool : create.tools) {
    if (!create.tool_choice.allows(tool.name)) continue;
    auto arguments = arguments_format(tool, syntax.tags.style);
    if (!arguments) return arguments.error();
    json::array call;
    writer.add_literal(std::string(syntax.call_begin) + tool.name + std::string(syntax.name_end),
                       call);
    call.push_back(std::move(*arguments));
    writer.add_literal(syntax.call_end, call);
    calls.push_back(sequence_of(std::move(call)));
  }
  const json::object one = any_of(std::move(calls));
  json::array section;
  writer.add_literal(syntax.section_begin, section);
  section.push_back(one);
  // gpt-oss ends its answer with a call.
  const bool may_go_on = create.parallel_tool_calls && syntax.body != CallBody::kHarmony;
  if (may_go_on) {
    json::array further;
    writer.add_literal(syntax.separator, further);
    further.push_back(one);
    section.push_back(repeated("star", sequence_of(std::move(further))));
  }
  writer.add_literal(syntax.section_end, section);
  return sequence_of(std::move(section));
}

json::object text_format(const OutputFormat& format) {
  switch (format.kind) {
    case OutputKind::kJsonSchema:
      return {{"type", "json_schema"},
              {"json_schema", json::parse(format.source)},
              {"max_whitespace_cnt", kMaxBlanks}};
    case OutputKind::kJsonObject:
      return {{"type", "json_schema"},
              {"json_schema", {{"type", "object"}, {"additionalProperties", true}}},
              {"max_whitespace_cnt", kMaxBlanks}};
    case OutputKind::kRegex:
      return {{"type", "regex"}, {"pattern", format.source}};
    default:
      return {{"type", "grammar"}, {"grammar", format.source}};
  }
}

// What a model may think first.
void add_reasoning(const FormatWriter& writer, const ServedModel& model, const Prompt& prompt,
                   json::array& elements) {
  if (model.format.tools->body == CallBody::kHarmony) {
    json::array thought;
    writer.add_literal("<|channel|>analysis<|message|>", thought);
    writer.add_text_until("<|end|>", thought);
    writer.add_literal("<|start|>assistant", thought);
    elements.push_back(repeated("optional", sequence_of(std::move(thought))));
    return;
  }
  const ReasoningMarks& marks = model.format.reasoning;
  if (marks.is_none()) return;
  json::array thought;
  if (!prompt.begins_in_reasoning) writer.add_literal(marks.begin, thought);
  writer.add_text_until(marks.end, thought);
  thought.push_back(json::object{{"type", "regex"}, {"pattern", "\\n{0,2}"}});
  if (!prompt.begins_in_reasoning)
    elements.push_back(repeated("optional", sequence_of(std::move(thought))));
  else
    elements.insert(elements.end(), thought.begin(), thought.end());
}

bool has_strict_tool(const ResponseCreate& create) {
  return create.tool_choice.mode == ToolMode::kAuto &&
         std::ranges::any_of(create.tools, [&](const Tool& tool) {
           return tool.is_strict && create.tool_choice.allows(tool.name);
         });
}

bool must_call(const ResponseCreate& create) {
  return create.tool_choice.mode == ToolMode::kRequired;
}

// Text, or none, and then calls, or none.
json::object text_and_calls(const FormatWriter& writer, const ToolSyntax& syntax,
                            json::object calls) {
  json::array ends;
  for (const std::string_view opener : syntax.openers) {
    if (!writer.is_token(opener)) ends.push_back(json::string(opener));
  }
  return sequence_of({any_text_before(ends), repeated("optional", std::move(calls))});
}

}  // namespace

bool is_constrained(const ResponseCreate& create) {
  return create.format.kind != OutputKind::kText || must_call(create) || has_strict_tool(create);
}

Result<OutputFormat> answer_format(const ServedModel& model, const ResponseCreate& create,
                                   const Prompt& prompt) {
  const bool has_calls = must_call(create) || has_strict_tool(create);
  const bool is_harmony = model.format.tools->body == CallBody::kHarmony;
  const bool has_marks = prompt.is_chat && (is_harmony || !model.format.reasoning.is_none());
  if (!has_calls && !has_marks) return create.format;
  if (create.format.kind == OutputKind::kJsonSchema) {
    boost::system::error_code error;
    const json::value schema = json::parse(create.format.source, error);
    if (error) return create.format;  // Which its compiler refuses.
    if (auto checked = check_schema(schema, create.format.param); !checked) return checked.error();
  }
  const FormatWriter writer(model);
  json::array elements;
  add_reasoning(writer, model, prompt, elements);
  json::object said;
  if (create.format.kind != OutputKind::kText) {
    json::array text;
    if (is_harmony) writer.add_literal("<|channel|>final<|message|>", text);
    text.push_back(text_format(create.format));
    said = sequence_of(std::move(text));
  }
  if (has_calls) {
    auto calls = calls_format(writer, *model.format.tools, create);
    if (!calls) return calls.error();
    if (must_call(create))
      said = std::move(*calls);
    else if (!said.empty())
      said = any_of({std::move(said), std::move(*calls)});
    else
      said = text_and_calls(writer, *model.format.tools, std::move(*calls));
  }
  elements.push_back(std::move(said));
  const json::object tags{{"type", "structural_tag"}, {"format", sequence_of(std::move(elements))}};
  const std::string param = has_calls ? "tools" : create.format.param;
  return OutputFormat{OutputKind::kTags, json::serialize(tags), false, param};
}

}  // namespace octavo
