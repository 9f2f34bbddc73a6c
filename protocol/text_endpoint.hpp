// The endpoints where a client asks for text over HTTP: which they are, and what a body asks for
// there. Each is a parser and an encoder over the same `Response`.
#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "protocol/http_answer.hpp"
#include "protocol/http_route.hpp"
#include "protocol/json_body.hpp"
#include "src/core/keyed_hash.hpp"
#include "src/core/result.hpp"
#include "src/response/response_create.hpp"

namespace octavo {

enum class TextEndpoint : std::uint8_t { kResponses, kChatCompletions, kCompletions, kSummaries };

/// Nothing for any other route. body: tells a compaction that keeps the conversation as it is,
/// which is no text, from one that sums it up. max_depth: as parse_text_request() has it.
std::optional<TextEndpoint> text_endpoint_of(RouteName route, std::string_view body,
                                             std::size_t max_depth = kMaxJsonDepth);

struct TextRequest {
  std::vector<ResponseCreate> creates;  ///< At least one; each on a lane of its own.
  std::unique_ptr<HttpAnswer> answer;
};

/// body: UTF-8 JSON, nested at most max_depth deep. key: signs the handles that clients are given.
/// Errors: kInvalidJson, kInvalidValue, kUnsupportedParameter.
[[nodiscard]] Result<TextRequest> parse_text_request(TextEndpoint endpoint, std::string_view body,
                                                     const HashKey& key,
                                                     std::size_t max_depth = kMaxJsonDepth);

}  // namespace octavo
