// A response that outlives its server: what a continuation needs and what a client reads, as one
// row of a file.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "src/core/result.hpp"
#include "src/response/response_memory.hpp"

namespace octavo {

struct ResponseRecord {
  std::string id;
  std::uint64_t tenant = 0;
  std::string body;  ///< The `response` of its last event, as JSON.
  std::shared_ptr<const RememberedResponse> memory;
};

/// All of a memory but its tokens, as JSON. Of the settings only what later turns ask for.
std::string memory_json(const RememberedResponse& memory);
/// tokens: as they were. Errors: kInvalidFile for a text that memory_json() has not made.
[[nodiscard]] Result<RememberedResponse> memory_of(const std::string& id, std::uint64_t tenant,
                                                   std::string_view json,
                                                   std::vector<TokenId> tokens);

}  // namespace octavo
