#include "protocol/chat/chat_request.hpp"

#include <array>

#include "protocol/chat/chat_messages.hpp"
#include "protocol/named_values.hpp"
#include "protocol/sampling_fields.hpp"
#include "protocol/standard_fields.hpp"
#include "protocol/tool_fields.hpp"
#include "protocol/unknown_fields.hpp"
#include "src/core/utf8.hpp"

namespace octavo {
namespace {

namespace json = boost::json;

// What the context of a template has already, and what would make the client's words the server's.
constexpr std::array<std::string_view, 9> kOwnVariables{"messages",
                                                        "tools",
                                                        "documents",
                                                        "now",
                                                        "add_generation_prompt",
                                                        "chat_template",
                                                        "tokenize",
                                                        "continue_final_message",
                                                        "functions"};

// The log-probabilities of the chosen tokens, and of up to 20 beside each.
void read_logprobs(JsonReader& fields, ResponseCreate& create) {
  fields.read("logprobs", create.include_logprobs);
  std::int32_t num_top = 0;
  if (fields.read("top_logprobs", num_top)) {
    if (num_top < 0 || num_top > 20) fields.wrong("top_logprobs", "between 0 and 20");
    if (num_top > 0 && !create.include_logprobs)
      fields.unsupported("top_logprobs", "top_logprobs needs `logprobs`: true");
  }
  if (create.include_logprobs) create.sampling.num_logprobs = num_top;
}

void read_template_variables(JsonReader& fields, ResponseCreate& create) {
  const auto* given = fields.find("chat_template_kwargs");
  if (given == nullptr) return;
  JsonReader members(fields.as_object("chat_template_kwargs", *given), fields,
                     "chat_template_kwargs");
  for (const auto& [name, value] : members.object()) {
    const std::string_view key = name;
    if (is_among(kOwnVariables, key) || key.ends_with("_token")) {
      members.unsupported(name, "chat_template_kwargs cannot set `" + quotable(name, 64) +
                                    "`: it is the server's own");
    }
    create.template_variables[name] = value;
  }
}

// An answer either begins anew or goes on with the last message.
void read_generation_prompt(JsonReader& fields, ResponseCreate& create) {
  const bool is_given = fields.read("add_generation_prompt", create.add_generation_prompt);
  fields.read("continue_final_message", create.continue_final_message);
  if (is_given && create.add_generation_prompt && create.continue_final_message) {
    fields.wrong("continue_final_message",
                 "false where add_generation_prompt is true: they exclude each other");
  }
}

// Chat completions had `functions` before they had `tools`. Clients are told to send the new form.
void refuse_old_functions(JsonReader& fields) {
  const auto* functions = fields.find("functions");
  if (functions != nullptr) {
    const bool is_list = functions->is_array();
    if (!is_list || !functions->get_array().empty())
      fields.unsupported("functions", "functions are the old form of tools: send `tools`");
  }
  const auto* choice = fields.find("function_call");
  if (choice == nullptr || *choice == "none" || *choice == "auto") return;
  fields.unsupported("function_call", "function_call is the old form of tool_choice: send that");
}

void refuse_other_media(JsonReader& fields) {
  if (const auto* modalities = fields.find("modalities"); modalities != nullptr) {
    const bool is_list = modalities->is_array();
    const json::array text{"text"};
    if (!is_list || (!modalities->get_array().empty() && modalities->get_array() != text))
      refuse(fields, "modalities", is_list, "a list");
  }
  for (const char* name : {"audio", "prediction", "web_search_options"}) {
    if (const auto* value = fields.find(name))
      refuse(fields, name, value->is_object(), "an object");
  }
  for (const char* name : {"chat_template", "documents"}) {
    if (fields.find(name) != nullptr) refuse(fields, name, true, "");
  }
  bool is_echo = false;
  if (fields.read("echo", is_echo) && is_echo) refuse(fields, "echo", true, "");
}

}  // namespace

void read_prompt_shape(JsonReader& fields, ResponseCreate& create) {
  read_template_variables(fields, create);
  read_generation_prompt(fields, create);
}

Result<ChatRequest> parse_chat_request(const json::object& body) {
  ChatRequest request;
  ResponseCreate& create = request.create;
  JsonReader fields(body);
  const auto* messages = fields.find("messages");
  request.options = read_completion_fields(fields, create);
  read_max_tokens(fields, "max_tokens", create);
  read_max_tokens(fields, "max_completion_tokens", create);
  read_logprobs(fields, create);
  read_prompt_shape(fields, create);
  create.reasoning_effort = read_effort(fields, "reasoning_effort").value_or("");
  read_verbosity(fields);
  bool is_stored = false;
  fields.read("store", is_stored);
  read_chat_tools(fields, create);
  refuse_old_functions(fields);
  refuse_other_media(fields);
  if (fields.error()) return *fields.error();
  if (messages == nullptr)
    return Error{Errc::kInvalidValue, "messages is missing: send a list of messages", "messages"};
  auto read = chat_messages_of(*messages, &create.unknown_fields);
  if (!read) return read.error();
  create.input = std::move(*read);
  note_unknown(fields, "", create.unknown_fields);
  return request;
}

}  // namespace octavo
