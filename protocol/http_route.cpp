#include "protocol/http_route.hpp"

#include <array>

#include "protocol/request_path.hpp"

namespace octavo {
namespace {

constexpr std::string_view kRead = "GET, HEAD, OPTIONS";
constexpr std::string_view kPost = "POST, OPTIONS";

struct Row {
  std::string_view path;
  RouteName name;
  std::string_view methods = kRead;
  bool is_open = false;
  bool has_body = false;
};

constexpr std::array<Row, 17> kRows{{
    {"/health", RouteName::kHealth, kRead, true},
    {"/ready", RouteName::kReady, kRead, true},
    {"/version", RouteName::kVersion, kRead, true},
    {"/metrics", RouteName::kMetrics},
    {"/debug/audit", RouteName::kAudit},
    {"/v1/models", RouteName::kModels},
    {"/v1/usage", RouteName::kUsage},
    // A GET of it is for WebSockets.
    {"/v1/responses", RouteName::kResponses, "GET, HEAD, POST, OPTIONS", false, true},
    {"/v1/responses/input_tokens", RouteName::kResponseInputTokens, kPost, false, true},
    {"/v1/responses/compact", RouteName::kResponseCompact, kPost, false, true},
    {"/v1/chat/completions", RouteName::kChatCompletions, kPost, false, true},
    {"/v1/completions", RouteName::kCompletions, kPost, false, true},
    {"/v1/chat/completions/render", RouteName::kChatRender, kPost, false, true},
    {"/v1/completions/render", RouteName::kCompletionRender, kPost, false, true},
    {"/tokenize", RouteName::kTokenize, kPost, false, true},
    {"/detokenize", RouteName::kDetokenize, kPost, false, true},
    {"/v1/tokenize", RouteName::kTokenize, kPost, false, true},
}};

/// Paths with an argument between a beginning and an end.
struct Pattern {
  std::string_view begin;
  std::string_view end;
  RouteName name;
  std::string_view methods;
};

// A longer end goes before a shorter one: the name of a model may hold anything.
constexpr std::array<Pattern, 5> kPatterns{{
    {"/v1/responses/", "/cancel", RouteName::kResponseCancel, kPost},
    {"/v1/responses/", "/input_items", RouteName::kResponseInputItems, kRead},
    {"/v1/responses/", "", RouteName::kResponse, "GET, HEAD, DELETE, OPTIONS"},
    {"/v1/requests/", "", RouteName::kRequest, "DELETE, OPTIONS"},
    {"/v1/models/", "", RouteName::kModel, kRead},
}};

}  // namespace

bool HttpRoute::allows(std::string_view method) const {
  for (std::string_view rest = methods; !rest.empty();) {
    const std::size_t comma = rest.find(", ");
    if (rest.substr(0, comma) == method) return true;
    if (comma == std::string_view::npos) return false;
    rest.remove_prefix(comma + 2);
  }
  return false;
}

HttpRoute route_of(std::string_view path) {
  for (const Row& row : kRows) {
    if (path == row.path) return {row.name, row.methods, row.is_open, row.has_body, ""};
  }
  for (const Pattern& pattern : kPatterns) {
    const std::size_t around = pattern.begin.size() + pattern.end.size();
    if (path.size() < around || !path.starts_with(pattern.begin) || !path.ends_with(pattern.end))
      continue;
    const std::string argument(path.substr(pattern.begin.size(), path.size() - around));
    return {pattern.name, pattern.methods, false, false, argument};
  }
  return {};
}

std::string query_value(std::string_view target, std::string_view name) {
  const std::size_t begin = target.find('?');
  std::string_view rest = begin == std::string_view::npos ? "" : target.substr(begin + 1);
  rest = rest.substr(0, rest.find('#'));
  while (!rest.empty()) {
    const std::string_view pair = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(pair.size() + 1, rest.size()));
    const std::size_t equals = std::min(pair.find('='), pair.size());
    if (pair.substr(0, equals) != name) continue;
    std::string value(pair.substr(std::min(equals + 1, pair.size())));
    for (char& c : value) c = c == '+' ? ' ' : c;
    return decoded(value).value_or("");
  }
  return "";
}

}  // namespace octavo
