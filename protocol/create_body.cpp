#include "protocol/create_body.hpp"

#include "protocol/input_items.hpp"
#include "protocol/sampling_fields.hpp"
#include "protocol/standard_fields.hpp"
#include "protocol/unknown_fields.hpp"
#include "src/core/utf8.hpp"

namespace octavo {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxSaltBytes = 1024;
constexpr std::size_t kMaxInputTokens = std::size_t{1} << 20;

void read_cache_salt(JsonReader& fields, ResponseCreate& create) {
  std::string salt;
  if (!fields.read("cache_salt", salt)) return;
  if (salt.empty() || salt.size() > kMaxSaltBytes)
    fields.wrong("cache_salt", "a string of 1 to 1024 bytes");
  else if (!create.cache_salt.empty() && create.cache_salt != salt)
    fields.wrong("cache_salt", "the same as `octavo.cache_salt`, or left out");
  create.cache_salt = std::move(salt);
}

// An empty list adds nothing to the tokens of the response before: the model goes on where it
// stopped.
void read_prompt_token_ids(JsonReader& extension, ResponseCreate& create) {
  if (!extension.read("prompt_token_ids", create.input_token_ids)) return;
  const bool is_nothing = create.input_token_ids->empty() && create.previous_response_id.empty();
  if (is_nothing || create.input_token_ids->size() > kMaxInputTokens)
    extension.wrong("prompt_token_ids",
                    "a list of token ids, empty only with previous_response_id");
}

// For a client that did not offer `octavo.v1` and wants events outside the standard all the same.
void read_events(JsonReader& extension, ResponseCreate& create) {
  std::vector<std::string> names;
  extension.read("events", names);
  for (const std::string& name : names) {
    if (name == "octavo:response.progress")
      create.wants_progress = true;
    else if (name == "octavo:response.preempted")
      create.wants_preempted = true;
    else if (name == "octavo:response.resumed")
      create.wants_resumed = true;
    else
      extension.wrong("events",
                      "a list of octavo:response.progress, octavo:response.preempted and "
                      "octavo:response.resumed");
  }
}

void read_octavo(JsonReader& fields, const json::value& octavo, ResponseCreate& create) {
  JsonReader extension(fields.as_object("octavo", octavo), fields, "octavo");
  std::int64_t deadline = 0;
  if (extension.read("deadline_ms", deadline)) {
    if (deadline < 1 || deadline > 86'400'000)
      extension.wrong("deadline_ms", "between 1 and 86400000");
    create.deadline = std::chrono::milliseconds(deadline);
  }
  extension.read("priority", create.priority);
  extension.read("progress", create.wants_progress);
  read_events(extension, create);
  read_cache_salt(extension, create);
  std::int64_t grace = 0;
  if (extension.read("resume_grace_ms", grace)) {
    if (grace < 0 || grace > 600'000) extension.wrong("resume_grace_ms", "between 0 and 600000");
    if (grace > 0) create.resume_grace = std::chrono::milliseconds(grace);
  }
  read_prompt_token_ids(extension, create);
  note_unknown(extension, "octavo", create.unknown_fields);
}

// A prompt is tokens or words: of two prompts one would be dropped.
void refuse_two_prompts(JsonReader& fields, const ResponseCreate& create) {
  if (!create.input_token_ids) return;
  for (const char* name : {"input", "instructions"}) {
    const auto* value = fields.find(name);
    if (value == nullptr) continue;
    const bool is_empty = value->is_string()  ? value->get_string().empty()
                          : value->is_array() ? value->get_array().empty()
                                              : false;
    if (!is_empty) {
      fields.unsupported(name, std::string(name) +
                                   " cannot be combined with octavo.prompt_token_ids: leave one "
                                   "of them out");
    }
  }
}

// What stands for the conversation so far is no message of it.
Result<void> take_compaction(ResponseCreate& create) {
  const bool is_there =
      !create.input.empty() && create.input.front().as_object().at("role") == "compaction";
  if (!is_there) return {};
  if (!create.previous_response_id.empty()) {
    return Error{Errc::kInvalidValue,
                 "input must have no compaction beside previous_response_id: each stands for the "
                 "conversation so far",
                 "input"};
  }
  create.compaction = create.input.front().as_object().at("content").as_string();
  create.input.erase(create.input.begin());
  return {};
}

Result<void> read_input(JsonReader& fields, ResponseCreate& create) {
  const auto* input = fields.find("input");
  const bool is_empty = input == nullptr || (input->is_array() && input->get_array().empty());
  if (is_empty && !create.input_token_ids && create.previous_response_id.empty() &&
      create.instructions.empty()) {
    return Error{Errc::kInvalidValue, "input is missing: send a string or a list of messages",
                 "input"};
  }
  if (input == nullptr || create.input_token_ids) return {};
  if (input->is_string()) create.text_input.assign(input->get_string());
  auto messages = messages_of(*input, &create.unknown_fields);
  if (!messages) return messages.error();
  create.input = std::move(*messages);
  return take_compaction(create);
}

}  // namespace

void read_extensions(JsonReader& fields, ResponseCreate& create) {
  if (const auto* octavo = fields.find("octavo")) read_octavo(fields, *octavo, create);
  read_cache_salt(fields, create);
}

// It comes back in three events, so it is kept as small as the standard has it.
void read_metadata(JsonReader& fields, ResponseCreate& create) {
  const auto* metadata = fields.find("metadata");
  if (metadata == nullptr) return;
  const json::object& pairs = fields.as_object("metadata", *metadata);
  bool fits = pairs.size() <= 16;
  for (const auto& [key, value] : pairs)
    fits = fits && count_characters(key) <= 64 && value.is_string() &&
           count_characters(value.get_string()) <= 512;
  if (!fits)
    fields.wrong("metadata", "at most 16 pairs of a key of 64 characters and a string of 512");
  create.metadata = pairs;
}

Result<ResponseCreate> parse_create(const json::object& object, Transport transport) {
  ResponseCreate create;
  JsonReader fields(object);
  fields.find("type");
  fields.find("stream_id");
  read_standard_fields(fields, transport, create);
  fields.read("model", create.model);
  fields.read("previous_response_id", create.previous_response_id);
  fields.read("instructions", create.instructions);
  fields.read("generate", create.generate);
  fields.read("store", create.store);
  read_extensions(fields, create);
  read_sampling(fields, create);
  read_metadata(fields, create);
  refuse_two_prompts(fields, create);
  if (fields.error()) return *fields.error();
  if (auto read = read_input(fields, create); !read) return read.error();
  note_unknown(fields, "", create.unknown_fields);
  return create;
}

}  // namespace octavo
