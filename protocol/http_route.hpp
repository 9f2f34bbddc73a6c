// Which paths there are over HTTP, what may be done with each, and who may do it. The server's
// handlers and the answers to OPTIONS and to wrong methods all go by this one table.
#pragma once

#include <string>
#include <string_view>

namespace octavo {

enum class RouteName : std::uint8_t {
  kNone,  ///< No such path, or a file of the page.
  kHealth,
  kReady,
  kVersion,
  kMetrics,
  kAudit,
  kModels,
  kModel,
  kResponses,
  kChatCompletions,
  kCompletions,
  kResponse,
  kResponseCancel,
  kResponseInputItems,
  kResponseInputTokens,
  kResponseCompact,
  kRequest,
  kUsage,
  kTokenize,
  kDetokenize,
  kChatRender,
  kCompletionRender,
};

struct HttpRoute {
  RouteName name = RouteName::kNone;
  std::string_view methods = "GET, HEAD, OPTIONS";  ///< As `Allow` lists them.
  bool is_open = false;                             ///< Without an API key.
  bool has_body = false;                            ///< Its body may be as long as a message.
  std::string argument{};  ///< What stands in the path for an id or a name.

  bool allows(std::string_view method) const;
};

/// path: decoded, without its query.
HttpRoute route_of(std::string_view path);

/// The value of a parameter of the query, decoded; empty where it is absent or broken.
std::string query_value(std::string_view target, std::string_view name);

}  // namespace octavo
