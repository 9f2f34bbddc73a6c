// What plain HTTP answers: liveness, the model list, the metrics, the audit and the chat page.
#pragma once

#include <atomic>

#include "actors/http/http_connection.hpp"
#include "actors/ring/block_auditor.hpp"
#include "src/core/engine_status.hpp"

namespace octavo {

struct HttpRoutes {
  const ServedModel& model;
  const HttpPolicy& policy;
  Metrics& metrics;
  const EngineStatus& status;
  const std::atomic<bool>& ready;
  const BlockAuditor& auditor;

  asio::awaitable<http::response<http::string_body>> operator()(
      http::request<http::string_body> request) const;

 private:
  using Request = http::request<http::string_body>;
  using HttpResponse = http::response<http::string_body>;

  std::optional<HttpResponse> refuse_method(const Request& request, std::string_view path) const;
  /// Whoever asks; nothing for a path that needs a key.
  std::optional<HttpResponse> open_route(const Request& request, std::string_view path) const;
  asio::awaitable<HttpResponse> keyed_route(std::string path) const;
  HttpResponse models(std::string_view path) const;
};

}  // namespace octavo
