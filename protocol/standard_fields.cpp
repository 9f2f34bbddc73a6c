#include "protocol/standard_fields.hpp"

#include <algorithm>

#include "protocol/named_values.hpp"
#include "protocol/output_format_fields.hpp"
#include "protocol/tool_fields.hpp"
#include "protocol/unknown_fields.hpp"
#include "src/core/utf8.hpp"

namespace octavo {
namespace {

namespace json = boost::json;

constexpr std::string_view kEfforts[]{"none", "minimal", "low", "medium", "high", "xhigh", "max"};
constexpr std::string_view kSummaries[]{"auto", "concise", "detailed"};
constexpr std::string_view kContexts[]{"auto", "current_turn", "all_turns"};
constexpr std::string_view kModes[]{"standard", "pro"};
constexpr std::string_view kUsualMode[]{"standard"};
constexpr std::string_view kVerbosities[]{"low", "medium", "high"};
constexpr std::string_view kUsualVerbosity[]{"medium"};
constexpr std::string_view kTruncations[]{"disabled", "auto"};
constexpr std::string_view kNoTruncation[]{"disabled"};
constexpr std::string_view kTiers[]{"auto", "default",  "flex",     "scale",
                                    "fast", "priority", "ultrafast"};
constexpr std::string_view kUsualTiers[]{"auto", "default"};
constexpr std::string_view kRetentions[]{"in_memory", "in-memory", "24h"};
constexpr std::string_view kInMemory[]{"in_memory", "in-memory"};
constexpr std::string_view kLogprobs = "message.output_text.logprobs";
// There is nothing of that kind in an answer, so it is included as asked.
constexpr std::string_view kReasoning = "reasoning.encrypted_content";
constexpr std::string_view kIncludes[]{"file_search_call.results",
                                       "web_search_call.results",
                                       "web_search_call.action.sources",
                                       "message.input_image.image_url",
                                       "computer_call_output.output.image_url",
                                       "code_interpreter_call.outputs"};

// Over HTTP `stream` chooses between two kinds of answers, which is not this parser's business.
void read_transport(JsonReader& fields, Transport transport, ResponseCreate& create) {
  bool flag = false;
  if (fields.read("background", flag) && flag)
    fields.unsupported("background", "background responses are not supported: leave it out");
  flag = true;
  if (fields.read("stream", flag) && !flag && transport == Transport::kWebSocket)
    fields.unsupported("stream", "a WebSocket always streams: leave `stream` out");
  std::string ignored;
  fields.read("event_id", ignored);
  if (const auto* options = fields.find("stream_options")) {
    JsonReader members(fields.as_object("stream_options", *options), fields, "stream_options");
    bool obfuscates = false;
    if (members.read("include_obfuscation", obfuscates) && obfuscates)
      members.unsupported("include_obfuscation", "obfuscation of deltas is not supported");
    note_unknown(members, "stream_options", create.unknown_fields);
  }
}

}  // namespace

std::optional<std::string> read_verbosity(JsonReader& fields) {
  return read_name(fields, "verbosity", kVerbosities, kUsualVerbosity);
}

std::optional<std::string> read_effort(JsonReader& fields, std::string_view name) {
  return read_name(fields, name, kEfforts, kEfforts);
}

namespace {

void read_text(JsonReader& fields, ResponseCreate& create) {
  const auto* text = fields.find("text");
  if (text == nullptr) return;
  JsonReader members(fields.as_object("text", *text), fields, "text");
  json::object repeated{{"format", {{"type", "text"}}}};
  if (const auto* given = members.find("format")) {
    JsonReader format(members.as_object("format", *given), members, "format");
    repeated["format"] = read_text_format(format, create);
    note_unknown(format, "text.format", create.unknown_fields);
  }
  if (const auto verbosity = read_verbosity(members)) repeated["verbosity"] = *verbosity;
  note_unknown(members, "text", create.unknown_fields);
  create.repeated["text"] = std::move(repeated);
}

void read_reasoning(JsonReader& fields, ResponseCreate& create) {
  const auto* reasoning = fields.find("reasoning");
  if (reasoning == nullptr) return;
  JsonReader members(fields.as_object("reasoning", *reasoning), fields, "reasoning");
  const auto effort = read_effort(members, "effort");
  create.reasoning_effort = effort.value_or("");
  // What a model thinks is given as it is; nobody sums it up.
  const auto summary = read_name(members, "summary", kSummaries, kSummaries);
  create.repeated["reasoning"] = {
      {"effort", effort ? json::value(*effort) : json::value(nullptr)},
      {"summary", summary ? json::value(*summary) : json::value(nullptr)}};
  read_name(members, "generate_summary", kSummaries, {});
  read_name(members, "context", kContexts, {});
  read_name(members, "mode", kModes, kUsualMode);
  note_unknown(members, "reasoning", create.unknown_fields);
}

void read_include(JsonReader& fields, ResponseCreate& create) {
  std::vector<std::string> names;
  fields.read("include", names);
  for (const std::string& name : names) {
    if (name == kLogprobs)
      create.include_logprobs = true;
    else if (is_among(kIncludes, name))
      fields.unsupported("include", "`" + name + "` cannot be included here");
    else if (name != kReasoning)
      fields.wrong("include",
                   "a list of names of the standard, and `" + quotable(name, 64) + "` is none");
  }
}

void refuse_the_rest(JsonReader& fields) {
  if (const auto* conversation = fields.find("conversation")) {
    refuse(fields, "conversation", conversation->is_string() || conversation->is_object(),
           "a string or an object");
  }
  for (const char* name :
       {"prompt", "moderation", "image", "access_programs", "prompt_cache_options"}) {
    if (const auto* value = fields.find(name))
      refuse(fields, name, value->is_object(), "an object");
  }
  if (const auto* management = fields.find("context_management")) {
    const bool is_list = management->is_array();
    if (!is_list || !management->get_array().empty())
      refuse(fields, "context_management", is_list, "a list");
  }
}

}  // namespace

void read_names(JsonReader& fields, ResponseCreate& create) {
  for (const char* name : {"safety_identifier", "prompt_cache_key"}) {
    std::string text;
    if (!fields.read(name, text)) continue;
    if (count_characters(text) > 64) fields.wrong(name, "a string of at most 64 characters");
    create.repeated[name] = text;
  }
  std::string user;
  fields.read("user", user);
  // Codex's, with every request: whose turn it is, for a log that has use for it.
  if (const auto* given = fields.find("client_metadata"))
    fields.as_object("client_metadata", *given);
  read_name(fields, "prompt_cache_retention", kRetentions, kInMemory);
  read_name(fields, "service_tier", kTiers, kUsualTiers);
  read_name(fields, "truncation", kTruncations, kNoTruncation);
}

void read_standard_fields(JsonReader& fields, Transport transport, ResponseCreate& create) {
  read_transport(fields, transport, create);
  read_response_tools(fields, create);
  read_text(fields, create);
  read_reasoning(fields, create);
  read_include(fields, create);
  read_names(fields, create);
  refuse_the_rest(fields);
}

}  // namespace octavo
