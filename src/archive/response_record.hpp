// A stored response as one row of a file: what a continuation needs, and what a client reads.
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

/// The remembered response as JSON, without its tokens. Of its settings only those are kept that a
/// continuation needs.
std::string memory_json(const RememberedResponse& memory);
/// The reverse. tokens: those of the response. Errors: kInvalidFile for damaged text.
[[nodiscard]] Result<RememberedResponse> memory_of(const std::string& id, std::uint64_t tenant,
                                                   std::string_view json,
                                                   std::vector<TokenId> tokens);

}  // namespace octavo
