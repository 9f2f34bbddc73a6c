// What HTTP answers besides text: liveness, the model list, the metrics, the audit, the chat page,
// responses that were asked for earlier, and what becomes of prompts.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>

#include "actors/http/compact_route.hpp"
#include "actors/http/http_connection.hpp"
#include "actors/http/prompt_routes.hpp"
#include "actors/http/response_routes.hpp"
#include "actors/ring/block_auditor.hpp"
#include "src/core/engine_status.hpp"

namespace octavo {

struct HttpRoutes {
  const ServedModel& model;
  const HttpPolicy& policy;
  Metrics& metrics;
  const EngineStatus& status;
  const std::atomic<bool>& ready;
  BlockAuditor& auditor;
  const SessionContext& sessions;
  ResponseRoutes responses;
  PromptRoutes prompts;
  CompactRoute compact;
  std::function<std::uint64_t()> num_log_lines_dropped{};

  asio::awaitable<HttpReply> operator()(http::request<http::string_body> request) const;

 private:
  using Request = http::request<http::string_body>;

  asio::awaitable<HttpReply> answer(Request request) const;
  HttpReply open_route(const Request& request, RouteName route, std::string_view path) const;
  asio::awaitable<HttpReply> keyed_route(Request request, HttpRoute route, std::string path,
                                         std::uint64_t tenant) const;
  HttpReply metrics_page(const std::optional<BlockAudit>& audit) const;
  /// What the caller's key has used, and may.
  HttpReply usage(const Caller& caller) const;
  HttpReply models() const;
  HttpReply model_named(std::string_view name) const;
};

}  // namespace octavo
