#include "protocol/output_format_fields.hpp"

#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "protocol/named_values.hpp"
#include "protocol/unknown_fields.hpp"

namespace octavo {
namespace {

namespace json = boost::json;

constexpr std::array<std::string_view, 3> kTypes{"text", "json_object", "json_schema"};
constexpr std::array<std::string_view, 5> kStructures{"json", "json_object", "regex", "choice",
                                                      "grammar"};

// One quoted text of a grammar: what would end or change it is escaped.
std::string quoted(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out.append(1, '\\').append(1, c);
    } else if (byte < 0x20 || byte == 0x7F) {
      out.append("\\x").append(1, kDigits[byte / 16]).append(1, kDigits[byte % 16]);
    } else {
      out += c;
    }
  }
  return out + "\"";
}

std::string grammar_of_choices(JsonReader& members, const json::value& choices) {
  const json::array& list = members.as_array("choice", choices);
  if (list.empty()) members.wrong("choice", "a list of texts, not empty");
  std::string grammar;
  for (const json::value& choice : list) {
    const std::string_view text = members.as_text("choice", choice);
    if (text.empty()) members.wrong("choice", "a list of texts, none of them empty");
    grammar.append(grammar.empty() ? "root ::= " : " | ").append(quoted(text));
  }
  return grammar;
}

// A schema may be sent as an object, and by some clients as the text of one.
std::string source_of(JsonReader& members, std::string_view name, const json::value& schema) {
  if (schema.is_string()) return std::string(schema.get_string());
  if (!schema.is_object() && !schema.is_bool()) members.wrong(name, "a schema");
  return json::serialize(schema);
}

json::object read_schema(JsonReader& members, std::string param, ResponseCreate& create) {
  std::string name;
  const bool is_named = members.read("name", name);
  std::string description;
  const bool is_described = members.read("description", description);
  OutputFormat format{OutputKind::kJsonSchema, "", false, std::move(param)};
  members.read("strict", format.is_strict);
  const auto* schema = members.find("schema");
  if (schema == nullptr)
    members.wrong("schema", "a schema");
  else
    format.source = source_of(members, "schema", *schema);
  json::object repeated{{"type", "json_schema"}};
  repeated["name"] = is_named ? json::value(name) : json::value("response");
  repeated["description"] = is_described ? json::value(description) : json::value(nullptr);
  repeated["schema"] = schema != nullptr ? *schema : json::value(nullptr);
  repeated["strict"] = format.is_strict;
  create.format = std::move(format);
  return repeated;
}

}  // namespace

json::object read_text_format(JsonReader& format, ResponseCreate& create) {
  if (!format.has("type")) format.wrong("type", "one of " + list_of(kTypes));
  const auto type = read_name(format, "type", kTypes, kTypes);
  if (type == "json_schema") return read_schema(format, "text.format.schema", create);
  if (type == "json_object") {
    create.format = {OutputKind::kJsonObject, "", false, "text.format"};
    return {{"type", "json_object"}};
  }
  return {{"type", "text"}};
}

void read_response_format(JsonReader& fields, ResponseCreate& create) {
  const auto* given = fields.find("response_format");
  if (given == nullptr) return;
  JsonReader format(fields.as_object("response_format", *given), fields, "response_format");
  if (!format.has("type")) format.wrong("type", "one of " + list_of(kTypes));
  const auto type = read_name(format, "type", kTypes, kTypes);
  if (type == "json_object") {
    create.format = {OutputKind::kJsonObject, "", false, "response_format"};
  } else if (type == "json_schema") {
    const auto* schema = format.find("json_schema");
    if (schema == nullptr) return format.wrong("json_schema", "an object with a `schema`");
    JsonReader members(format.as_object("json_schema", *schema), format, "json_schema");
    read_schema(members, "response_format.json_schema.schema", create);
    note_unknown(members, "response_format.json_schema", create.unknown_fields);
  }
  note_unknown(format, "response_format", create.unknown_fields);
}

void read_structured_outputs(JsonReader& fields, ResponseCreate& create) {
  const auto* given = fields.find("structured_outputs");
  if (given == nullptr) return;
  JsonReader members(fields.as_object("structured_outputs", *given), fields, "structured_outputs");
  std::string_view named;
  for (const std::string_view name : kStructures) {
    const auto* value = members.find(name);
    if (value == nullptr || *value == false) continue;
    if (!named.empty() || create.format.kind != OutputKind::kText)
      return members.wrong(name, "the only thing that says what the answer may be");
    named = name;
    const std::string param = "structured_outputs." + std::string(name);
    if (name == "json")
      create.format = {OutputKind::kJsonSchema, source_of(members, name, *value), false, param};
    else if (name == "json_object")
      create.format = {OutputKind::kJsonObject, "", false, param};
    else if (name == "choice")
      create.format = {OutputKind::kGrammar, grammar_of_choices(members, *value), false, param};
    else
      create.format = {name == "regex" ? OutputKind::kRegex : OutputKind::kGrammar,
                       std::string(members.as_text(name, *value)), false, param};
  }
  note_unknown(members, "structured_outputs", create.unknown_fields);
}

}  // namespace octavo
