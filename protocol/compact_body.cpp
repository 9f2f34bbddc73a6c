#include "protocol/compact_body.hpp"

#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <cstdio>

#include "protocol/create_body.hpp"
#include "protocol/json_body.hpp"
#include "protocol/response_events.hpp"

namespace octavo {

namespace json = boost::json;

namespace {

constexpr std::int32_t kUsualSummaryTokens = 1024;
constexpr const char* kQuestion =
    "Summarize our conversation up to here, so that it can go on from your summary alone. Keep "
    "what was decided, what is still open, and every name, number, path and piece of code that is "
    "needed later. Answer with the summary only.";

// Some templates refuse two messages of the user in a row.
void ask_for_summary(json::array& messages) {
  json::object* last = messages.empty() ? nullptr : &messages.back().as_object();
  json::value* content =
      last == nullptr || last->at("role") != "user" ? nullptr : last->if_contains("content");
  if (content == nullptr || !content->is_string())
    messages.push_back(json::object{{"role", "user"}, {"content", kQuestion}});
  else
    content->as_string().append("\n\n").append(kQuestion);
}

Result<ResponseCreate> parse_conversation(const json::object& body) {
  auto create = parse_create(body, Transport::kHttp);
  if (!create) return create;
  if (create->model.empty())
    return Error{Errc::kInvalidValue, "model is missing: name the one that is served", "model"};
  if (create->input_token_ids) {
    return Error{Errc::kUnsupportedParameter,
                 "octavo.prompt_token_ids cannot be compacted: send `input`",
                 "octavo.prompt_token_ids"};
  }
  if (std::erase(create->unknown_fields, "octavo.summary") > 0 &&
      !body.at("octavo").at("summary").is_bool()) {
    return Error{Errc::kInvalidValue, "octavo.summary must be true or false", "octavo.summary"};
  }
  return create;
}

class SummaryAnswer final : public HttpAnswer {
 public:
  explicit SummaryAnswer(const HashKey& key) : HttpAnswer("input"), key_(key) {}
  bool is_stream() const override { return false; }
  void encode(const Response& response, const ResponseEvent& event,
              std::vector<std::string>&) override {
    if (!std::holds_alternative<ResponseEnded>(event)) return;
    const RequestFinished& finished = response.end().finished;
    if (is_failure(finished.reason)) return fail(response);
    const std::string handle = compaction_handle(key_, response.create().tenant, response.id());
    body_ = compact_body(response.id(), handle, response.created_at(), finished.usage,
                         response.num_reasoning_tokens());
  }
  std::string finish() override { return std::move(body_); }

 private:
  HashKey key_;
  std::string body_;
};

}  // namespace

Result<ResponseCreate> parse_compact(std::string_view body, std::size_t max_depth) {
  const auto object = parse_json_object(body, "the body", max_depth);
  if (!object) return object.error();
  auto create = parse_conversation(*object);
  if (create) create->add_generation_prompt = false;
  return create;
}

bool asks_for_summary(const json::object& body) {
  const auto* octavo = body.if_contains("octavo");
  const auto* members = octavo == nullptr ? nullptr : octavo->if_object();
  const auto* summary = members == nullptr ? nullptr : members->if_contains("summary");
  return summary != nullptr && *summary == true;
}

Result<ResponseCreate> parse_summary(const json::object& body) {
  auto create = parse_conversation(body);
  if (!create) return create;
  ask_for_summary(create->input);
  create->text_input.clear();
  create->is_summary = true;
  create->store = true;
  if (!create->max_tokens) create->max_tokens = kUsualSummaryTokens;
  create->tool_choice = {};
  create->tools.clear();
  return create;
}

std::unique_ptr<HttpAnswer> make_summary_answer(const HashKey& key) {
  return std::make_unique<SummaryAnswer>(key);
}

std::string compact_body(const std::string& id, const std::string& handle, std::int64_t created_at,
                         const Usage& usage, std::int64_t num_reasoning_tokens) {
  const std::string name = id.substr(id.find('_') + 1);
  const json::object item{
      {"type", "compaction"}, {"id", "cmp_" + name}, {"encrypted_content", handle}};
  return json::serialize(json::object{{"id", "resp_" + name},
                                      {"object", "response.compaction"},
                                      {"created_at", created_at},
                                      {"output", json::array{item}},
                                      {"usage", response_usage_json(usage, num_reasoning_tokens)}});
}

std::string compaction_handle(const HashKey& key, std::uint64_t tenant, std::string_view id) {
  const std::string named = "compaction " + std::to_string(tenant) + " " + std::string(id);
  std::array<char, 17> mark{};
  std::snprintf(mark.data(), mark.size(), "%016llx",
                static_cast<unsigned long long>(keyed_hash(key, named)));
  return std::string(id) + "." + mark.data();
}

std::optional<std::string> id_of_compaction(const HashKey& key, std::uint64_t tenant,
                                            std::string_view handle) {
  const std::string_view id = handle.substr(0, handle.find('.'));
  if (compaction_handle(key, tenant, id) != handle) return std::nullopt;
  return std::string(id);
}

}  // namespace octavo
