// POST /v1/responses/compact: an item that stands for the conversation so far, which a client sends
// in place of it.
#pragma once

#include <string>
#include <string_view>

#include "protocol/json_body.hpp"
#include "src/core/keyed_hash.hpp"
#include "src/core/result.hpp"
#include "src/response/response_create.hpp"

namespace octavo {

/// As parse_create(), but that the model must be named. Errors: those, and kInvalidValue.
[[nodiscard]] Result<ResponseCreate> parse_compact(std::string_view body,
                                                   std::size_t max_depth = kMaxJsonDepth);

/// {id, object, created_at, output, usage}. id: names the remembered conversation.
std::string compact_body(const std::string& id, const std::string& handle, std::int64_t created_at,
                         std::size_t num_input_tokens);

/// The content of a compaction item: the id of the remembered conversation, signed, so that a
/// client can neither make one up nor use another tenant's.
std::string compaction_handle(const HashKey& key, std::uint64_t tenant, std::string_view id);
/// The id in a handle. Nothing for a handle that this server has not signed for this tenant.
std::optional<std::string> id_of_compaction(const HashKey& key, std::uint64_t tenant,
                                            std::string_view handle);

}  // namespace octavo
