// POST /v1/responses/compact: an item that stands for the conversation so far, which a client sends
// in place of it. The conversation is kept as it is, or, where `octavo.summary` asks for that, the
// model sums it up, and what continues it begins with the summary alone.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "protocol/http_answer.hpp"
#include "protocol/json_body.hpp"
#include "src/core/keyed_hash.hpp"
#include "src/core/result.hpp"

namespace octavo {

/// As parse_create(), but that the model must be named. Errors: those, and kInvalidValue.
[[nodiscard]] Result<ResponseCreate> parse_compact(std::string_view body,
                                                   std::size_t max_depth = kMaxJsonDepth);

/// The same for a body that asks for a summary: the response whose answer is that.
[[nodiscard]] Result<ResponseCreate> parse_summary(const boost::json::object& body);
/// Whether parse_summary() is the one to read it.
bool asks_for_summary(const boost::json::object& body);

/// {id, object, created_at, output, usage}. id: names the remembered conversation.
std::string compact_body(const std::string& id, const std::string& handle, std::int64_t created_at,
                         const Usage& usage, std::int64_t num_reasoning_tokens = 0);
/// The body for a summary, once that has been made. key: signs the handle.
std::unique_ptr<HttpAnswer> make_summary_answer(const HashKey& key);

/// The content of a compaction item: the id of the remembered conversation, signed, so that a
/// client can neither make one up nor use another tenant's.
std::string compaction_handle(const HashKey& key, std::uint64_t tenant, std::string_view id);
/// The id in a handle. Nothing for a handle that this server has not signed for this tenant.
std::optional<std::string> id_of_compaction(const HashKey& key, std::uint64_t tenant,
                                            std::string_view handle);

}  // namespace octavo
