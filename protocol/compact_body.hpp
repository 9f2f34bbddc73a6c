// POST /v1/responses/compact: an item that stands for the conversation so far, which a client sends
// in place of it.
#pragma once

#include <string>
#include <string_view>

#include "src/core/keyed_hash.hpp"
#include "src/core/result.hpp"
#include "src/response/response_create.hpp"

namespace octavo {

/// As parse_create(), but that the model must be named. Errors: those, and kInvalidValue.
[[nodiscard]] Result<ResponseCreate> parse_compact(std::string_view body);

/// {id, object, created_at, output, usage}. id: of the memory that stands for the conversation.
std::string compact_body(const std::string& id, const std::string& handle, std::int64_t created_at,
                         std::size_t num_input_tokens);

/// What stands in the item: the memory's id with a mark that only this server makes.
std::string compaction_handle(const HashKey& key, std::uint64_t tenant, std::string_view id);
/// The id; nothing for a handle that the server has not made for this tenant.
std::optional<std::string> id_of_compaction(const HashKey& key, std::uint64_t tenant,
                                            std::string_view handle);

}  // namespace octavo
