#include "protocol/text_endpoint.hpp"

#include <string>
#include <utility>

#include "protocol/chat/chat_answer.hpp"
#include "protocol/chat/chat_request.hpp"
#include "protocol/compact_body.hpp"
#include "protocol/completions/completion_answer.hpp"
#include "protocol/completions/completion_request.hpp"
#include "protocol/create_body.hpp"
#include "protocol/json_body.hpp"
#include "protocol/response_answer.hpp"

namespace octavo {
namespace {

Result<TextRequest> response_request(const boost::json::object& body) {
  auto create = parse_create(body, Transport::kHttp);
  if (!create) return create.error();
  const auto* stream = body.if_contains("stream");
  TextRequest request;
  request.answer = make_response_answer(stream != nullptr && *stream == true);
  request.creates.push_back(std::move(*create));
  return request;
}

Result<TextRequest> chat_request(const boost::json::object& body) {
  auto parsed = parse_chat_request(body);
  if (!parsed) return parsed.error();
  TextRequest request;
  request.answer = make_chat_answer(parsed->options);
  request.creates.push_back(std::move(parsed->create));
  return request;
}

// Prompts run side by side, each on a lane of its own.
Result<TextRequest> completion_request(const boost::json::object& body) {
  auto parsed = parse_completion_request(body);
  if (!parsed) return parsed.error();
  TextRequest request;
  request.answer = make_completion_answer(parsed->options);
  request.creates = std::move(parsed->creates);
  for (ResponseCreate& create : request.creates)
    create.stream_id = std::to_string(create.prompt_index);
  return request;
}

Result<TextRequest> summary_request(const boost::json::object& body, const HashKey& key) {
  auto create = parse_summary(body);
  if (!create) return create.error();
  TextRequest request;
  request.answer = make_summary_answer(key);
  request.creates.push_back(std::move(*create));
  return request;
}

// A body that is no JSON asks for nothing yet; whoever parses it says so.
bool is_for_summary(std::string_view body, std::size_t max_depth) {
  const auto object = parse_json_object(body, "the body", max_depth);
  return object && asks_for_summary(*object);
}

}  // namespace

std::optional<TextEndpoint> text_endpoint_of(RouteName route, std::string_view body,
                                             std::size_t max_depth) {
  switch (route) {
    case RouteName::kResponseCompact:
      return is_for_summary(body, max_depth) ? std::optional(TextEndpoint::kSummaries)
                                             : std::nullopt;
    case RouteName::kResponses:
      return TextEndpoint::kResponses;
    case RouteName::kChatCompletions:
      return TextEndpoint::kChatCompletions;
    case RouteName::kCompletions:
      return TextEndpoint::kCompletions;
    default:
      return std::nullopt;
  }
}

Result<TextRequest> parse_text_request(TextEndpoint endpoint, std::string_view body,
                                       const HashKey& key, std::size_t max_depth) {
  const auto object = parse_json_object(body, "the body", max_depth);
  if (!object) return object.error();
  switch (endpoint) {
    case TextEndpoint::kChatCompletions:
      return chat_request(*object);
    case TextEndpoint::kCompletions:
      return completion_request(*object);
    case TextEndpoint::kSummaries:
      return summary_request(*object, key);
    case TextEndpoint::kResponses:
      break;
  }
  return response_request(*object);
}

}  // namespace octavo
