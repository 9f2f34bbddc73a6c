#include "src/grammar/schema_check.hpp"

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <cmath>
#include <optional>
#include <span>
#include <string>

#include "src/core/utf8.hpp"

namespace octavo {
namespace {

namespace json = boost::json;
using Names = std::span<const std::string_view>;

constexpr int kMaxDepth = 64;
constexpr double kMaxRepetition = 10'000;  // Of what is counted: the automaton grows with it.
constexpr std::size_t kMaxPatternBytes = 1024;

constexpr std::array<std::string_view, 15> kAnnotations{
    "title",    "description", "default",     "examples", "deprecated",
    "readOnly", "writeOnly",   "$comment",    "$schema",  "$id",
    "$anchor",  "$defs",       "definitions", "example",  "contentMediaType"};
constexpr std::array<std::string_view, 7> kObject{
    "properties",    "required", "additionalProperties", "propertyNames", "minProperties",
    "maxProperties", "type"};
constexpr std::array<std::string_view, 5> kArray{"items", "prefixItems", "minItems", "maxItems",
                                                 "type"};
constexpr std::array<std::string_view, 5> kString{"minLength", "maxLength", "pattern", "format",
                                                  "type"};
constexpr std::array<std::string_view, 6> kInteger{
    "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "type"};
constexpr std::array<std::string_view, 5> kNumber{"minimum", "maximum", "exclusiveMinimum",
                                                  "exclusiveMaximum", "type"};
constexpr std::array<std::string_view, 1> kTypeAlone{"type"};
constexpr std::array<std::string_view, 14> kFormats{"date",          "time",
                                                    "date-time",     "duration",
                                                    "email",         "hostname",
                                                    "ipv4",          "ipv6",
                                                    "uuid",          "uri",
                                                    "uri-reference", "uri-template",
                                                    "json-pointer",  "relative-json-pointer"};
constexpr std::array<std::string_view, 6> kCombiners{"$ref",  "const", "enum",
                                                     "anyOf", "oneOf", "allOf"};

bool is_among(Names names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

Names keywords_of(std::string_view type) {
  if (type == "object") return kObject;
  if (type == "array") return kArray;
  if (type == "string") return kString;
  if (type == "integer") return kInteger;
  if (type == "number") return kNumber;
  if (type == "boolean" || type == "null") return kTypeAlone;
  return {};
}

std::string_view type_name(const json::value& value) {
  switch (value.kind()) {
    case json::kind::object:
      return "object";
    case json::kind::array:
      return "array";
    case json::kind::string:
      return "string";
    case json::kind::bool_:
      return "boolean";
    case json::kind::null:
      return "null";
    case json::kind::double_:
      return std::trunc(value.get_double()) == value.get_double() ? "integer" : "number";
    default:
      return "integer";
  }
}

bool is_of_type(const json::value& value, std::string_view type) {
  const std::string_view own = type_name(value);
  return own == type || (own == "integer" && type == "number");
}

class Checker {
 public:
  explicit Checker(std::string_view param) : param_(param) {}

  void check(const json::value& schema, const std::string& where, int depth) {
    if (fault_) return;
    if (depth > kMaxDepth)
      return wrong(where, "nested at most " + std::to_string(kMaxDepth) + " deep");
    if (schema.is_bool()) {
      if (!schema.get_bool()) unsupported(where, "a schema that nothing satisfies");
      return;
    }
    if (!schema.is_object()) return wrong(where, "an object or a boolean");
    check_object(schema.get_object(), where, depth);
  }

  const std::optional<Error>& fault() const { return fault_; }

 private:
  void check_object(const json::object& schema, const std::string& where, int depth) {
    for (const char* name : {"$defs", "definitions"}) check_members(schema, name, where, depth);
    const auto combiner = std::ranges::find_if(
        kCombiners, [&](std::string_view name) { return schema.contains(name); });
    if (combiner != kCombiners.end()) return check_combiner(schema, *combiner, where, depth);
    const auto* type = schema.if_contains("type");
    if (type == nullptr) return check_untyped(schema, where, depth);
    if (type->is_string()) return check_typed(schema, type->get_string(), where, depth);
    if (!type->is_array() || type->get_array().empty())
      return wrong(where + ".type", "a type or a list of types");
    check_types(schema, type->get_array(), where, depth);
  }

  // A keyword counts for one of the types and for the others not at all.
  void check_types(const json::object& schema, const json::array& types, const std::string& where,
                   int depth) {
    for (const auto& [name, value] : schema) {
      if (is_among(kAnnotations, name) || name == "type") continue;
      const bool counts = std::ranges::any_of(types, [&](const json::value& type) {
        return type.is_string() && is_among(keywords_of(type.get_string()), name);
      });
      if (!counts) return unsupported(where + "." + std::string(name), "");
    }
    for (const json::value& type : types) {
      if (!type.is_string() || keywords_of(type.get_string()).empty())
        return wrong(where + ".type", "a list of types");
      json::object alone;
      for (const auto& [name, value] : schema) {
        if (is_among(keywords_of(type.get_string()), name)) alone[name] = value;
      }
      alone["type"] = type;
      check_typed(alone, type.get_string(), where, depth);
    }
  }

  void check_typed(const json::object& schema, std::string_view type, const std::string& where,
                   int depth) {
    const Names keywords = keywords_of(type);
    if (keywords.empty()) return wrong(where + ".type", "a type of JSON");
    for (const auto& [name, value] : schema) {
      if (!is_among(keywords, name) && !is_among(kAnnotations, name))
        return unsupported(where + "." + std::string(name), "");
    }
    check_counts(schema, where);
    if (type == "string") check_string(schema, where);
    if (type == "integer" || type == "number") check_number(schema, where);
    if (type == "object") check_properties(schema, where, depth);
    if (type == "array") check_items(schema, where, depth);
  }

  // Without a type, only what makes it one is understood as one.
  void check_untyped(const json::object& schema, const std::string& where, int depth) {
    const bool is_object = schema.contains("properties") || schema.contains("additionalProperties");
    const bool is_array = schema.contains("items") || schema.contains("prefixItems");
    if (is_object) return check_typed(schema, "object", where, depth);
    if (is_array) return check_typed(schema, "array", where, depth);
    for (const auto& [name, value] : schema) {
      if (is_among(kAnnotations, name)) continue;
      return unsupported(where + "." + std::string(name), "without a `type` beside it");
    }
  }

  void check_combiner(const json::object& schema, std::string_view combiner,
                      const std::string& where, int depth) {
    const json::value& value = schema.at(combiner);
    const std::string at = where + "." + std::string(combiner);
    for (const auto& [name, beside] : schema) {
      if (name == combiner || is_among(kAnnotations, name)) continue;
      const bool is_type = name == "type" && (combiner == "enum" || combiner == "const");
      if (!is_type)
        return unsupported(where + "." + std::string(name),
                           "beside `" + std::string(combiner) + "`");
    }
    if (combiner == "$ref") return check_reference(value, at);
    if (combiner == "const") return check_value(schema, value, at);
    if (!value.is_array() || value.get_array().empty()) return wrong(at, "a list, not empty");
    if (combiner == "allOf" && value.get_array().size() > 1)
      return unsupported(at, "with more than one schema");
    std::size_t index = 0;
    for (const json::value& each : value.get_array()) {
      const std::string place = at + "[" + std::to_string(index++) + "]";
      if (combiner == "enum")
        check_value(schema, each, place);
      else
        check(each, place, depth + 1);
    }
  }

  void check_reference(const json::value& reference, const std::string& at) {
    if (!reference.is_string()) return wrong(at, "a string");
    const std::string_view target = reference.get_string();
    const bool is_local = target == "#" || target.starts_with("#/");
    if (!is_local || target.find_first_of("~%") != std::string_view::npos)
      unsupported(at, "to anything but a plain path within the schema");
  }

  // A `type` beside the values must be theirs, or it would take some of them away.
  void check_value(const json::object& schema, const json::value& value, const std::string& at) {
    const auto* type = schema.if_contains("type");
    if (type == nullptr) return;
    const bool fits =
        type->is_string()
            ? is_of_type(value, type->get_string())
            : type->is_array() &&
                  std::ranges::any_of(type->get_array(), [&](const json::value& each) {
                    return each.is_string() && is_of_type(value, each.get_string());
                  });
    if (!fits) unsupported(at, "that is not of the `type` beside it");
  }

  void check_counts(const json::object& schema, const std::string& where) {
    for (const char* name :
         {"minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"}) {
      const auto* count = schema.if_contains(name);
      if (count == nullptr) continue;
      const std::string at = where + "." + name;
      if (!count->is_number() || !is_of_type(*count, "integer") || count->to_number<double>() < 0)
        return wrong(at, "a count");
      if (count->to_number<double>() > kMaxRepetition) return unsupported(at, "above 10000");
    }
  }

  void check_string(const json::object& schema, const std::string& where) {
    const auto* pattern = schema.if_contains("pattern");
    const auto* format = schema.if_contains("format");
    if (pattern != nullptr &&
        (!pattern->is_string() || pattern->get_string().size() > kMaxPatternBytes))
      return wrong(where + ".pattern", "a string of at most 1024 bytes");
    if (format != nullptr && (!format->is_string() || !is_among(kFormats, format->get_string())))
      return unsupported(where + ".format", "");
    const bool is_counted = schema.contains("minLength") || schema.contains("maxLength");
    if (is_counted && (pattern != nullptr || format != nullptr))
      return unsupported(where + (pattern != nullptr ? ".pattern" : ".format"), "beside a length");
    if (pattern != nullptr && format != nullptr)
      return unsupported(where + ".format", "beside `pattern`");
  }

  void check_number(const json::object& schema, const std::string& where) {
    for (const char* name :
         {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"}) {
      const auto* bound = schema.if_contains(name);
      if (bound == nullptr) continue;
      if (!bound->is_number()) return wrong(where + "." + name, "a number");
      // Whole numbers are exact up to 2^53; schemas that other tools made name that end of them.
      const auto* type = schema.if_contains("type");
      const bool is_whole = type != nullptr && *type == "integer";
      if (std::abs(bound->to_number<double>()) > (is_whole ? 9007199254740991.0 : 1e15))
        return unsupported(where + "." + name, is_whole ? "beyond 2^53 - 1" : "beyond 1e15");
    }
    const auto* multiple = schema.if_contains("multipleOf");
    if (multiple == nullptr) return;
    if (!is_of_type(*multiple, "integer") || multiple->to_number<double>() < 1)
      return unsupported(where + ".multipleOf", "that is no whole number above 0");
    const bool is_bounded = std::ranges::any_of(
        kNumber, [&](std::string_view name) { return name != "type" && schema.contains(name); });
    if (is_bounded) return unsupported(where + ".multipleOf", "beside a bound");
  }

  void check_properties(const json::object& schema, const std::string& where, int depth) {
    check_members(schema, "properties", where, depth);
    const auto* rest = schema.if_contains("additionalProperties");
    if (rest != nullptr && !rest->is_bool())
      check(*rest, where + ".additionalProperties", depth + 1);
    if (const auto* names = schema.if_contains("propertyNames"))
      check_names(schema, *names, where, depth);
    const auto* required = schema.if_contains("required");
    if (required == nullptr) return;
    const bool is_list = required->is_array() &&
                         std::ranges::all_of(required->get_array(), [](const json::value& each) {
                           return each.is_string();
                         });
    if (!is_list) return wrong(where + ".required", "a list of names");
    // A name that must be there and has no schema may be left out by the masks.
    const auto* properties = schema.if_contains("properties");
    for (const json::value& name : required->get_array()) {
      const bool is_known = properties != nullptr && properties->is_object() &&
                            properties->get_object().contains(name.get_string());
      if (!is_known)
        return unsupported(where + ".required", "with a name that `properties` does not have");
    }
  }

  // Names are strings whether they say so or not.
  void check_names(const json::object& schema, const json::value& names, const std::string& where,
                   int depth) {
    const std::string at = where + ".propertyNames";
    if (schema.contains("properties")) return unsupported(at, "beside `properties`");
    if (!names.is_object()) return wrong(at, "an object");
    json::object typed = names.get_object();
    if (!typed.contains("type") && !typed.contains("enum") && !typed.contains("const"))
      typed["type"] = "string";
    check(typed, at, depth + 1);
  }

  void check_items(const json::object& schema, const std::string& where, int depth) {
    const auto* items = schema.if_contains("items");
    if (items != nullptr && !items->is_bool()) check(*items, where + ".items", depth + 1);
    const auto* prefix = schema.if_contains("prefixItems");
    if (prefix == nullptr) return;
    if (!prefix->is_array()) return wrong(where + ".prefixItems", "a list of schemas");
    std::size_t index = 0;
    for (const json::value& item : prefix->get_array())
      check(item, where + ".prefixItems[" + std::to_string(index++) + "]", depth + 1);
  }

  void check_members(const json::object& schema, const char* name, const std::string& where,
                     int depth) {
    const auto* members = schema.if_contains(name);
    if (members == nullptr) return;
    if (!members->is_object()) return wrong(where + "." + name, "an object of schemas");
    for (const auto& [key, value] : members->get_object())
      check(value, where + "." + name + "." + quotable(key, 64), depth + 1);
  }

  void wrong(const std::string& where, const std::string& expected) {
    if (!fault_)
      fault_ = Error{Errc::kInvalidValue, where + " must be " + expected, std::string(param_)};
  }
  void unsupported(const std::string& where, const std::string& how) {
    if (fault_) return;
    fault_ = Error{
        Errc::kUnsupportedParameter,
        where + (how.empty() ? "" : " " + how) + " cannot be enforced: leave it out of the schema",
        std::string(param_)};
  }

  std::string_view param_;
  std::optional<Error> fault_;
};

}  // namespace

Result<void> check_schema(const json::value& schema, std::string_view param) {
  Checker checker(param);
  checker.check(schema, std::string(param), 0);
  if (checker.fault()) return *checker.fault();
  return {};
}

}  // namespace octavo
