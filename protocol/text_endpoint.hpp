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
#include "src/response/served_model.hpp"

namespace octavo {

enum class TextEndpoint : std::uint8_t { kResponses, kChatCompletions, kCompletions, kSummaries };

/// Nothing for any other route. body: tells what is compacted from what is summed up.
std::optional<TextEndpoint> text_endpoint_of(RouteName route, std::string_view body);

struct TextRequest {
  std::vector<ResponseCreate> creates;  ///< At least one; each on a lane of its own.
  std::unique_ptr<HttpAnswer> answer;
};

/// body: UTF-8 JSON, nested at most max_depth deep. model: outlives the answer. key: signs the
/// handles that clients are given. Errors: kInvalidJson, kInvalidValue, kUnsupportedParameter.
[[nodiscard]] Result<TextRequest> parse_text_request(TextEndpoint endpoint, std::string_view body,
                                                     const ServedModel& model, const HashKey& key,
                                                     std::size_t max_depth = kMaxJsonDepth);

}  // namespace octavo
