#include "protocol/compact_body.hpp"

#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <cstdio>

#include "protocol/create_body.hpp"
#include "protocol/json_body.hpp"

namespace octavo {

namespace json = boost::json;

Result<ResponseCreate> parse_compact(std::string_view body, std::size_t max_depth) {
  const auto object = parse_json_object(body, "the body", max_depth);
  if (!object) return object.error();
  auto create = parse_create(*object, Transport::kHttp);
  if (!create) return create;
  if (create->model.empty())
    return Error{Errc::kInvalidValue, "model is missing: name the one that is served", "model"};
  if (create->input_token_ids) {
    return Error{Errc::kUnsupportedParameter,
                 "octavo.prompt_token_ids cannot be compacted: send `input`",
                 "octavo.prompt_token_ids"};
  }
  create->add_generation_prompt = false;
  return create;
}

std::string compact_body(const std::string& id, const std::string& handle, std::int64_t created_at,
                         std::size_t num_input_tokens) {
  const json::object item{{"type", "compaction"}, {"id", id}, {"encrypted_content", handle}};
  return json::serialize(json::object{{"id", "resp_" + id.substr(4)},
                                      {"object", "response.compaction"},
                                      {"created_at", created_at},
                                      {"output", json::array{item}},
                                      {"usage",
                                       {{"input_tokens", num_input_tokens},
                                        {"input_tokens_details", {{"cached_tokens", 0}}},
                                        {"output_tokens", 0},
                                        {"output_tokens_details", {{"reasoning_tokens", 0}}},
                                        {"total_tokens", num_input_tokens}}}});
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
