// What plain HTTP answers: liveness, the model list, the metrics and the chat page.
#pragma once

#include <atomic>

#include "actors/connection.hpp"
#include "actors/engine_status.hpp"

namespace octavo {

struct HttpRoutes {
  const ServedModel& model;
  const HttpPolicy& policy;
  Metrics& metrics;
  const EngineStatus& status;
  const std::atomic<bool>& ready;
  std::int32_t block_size = 16;

  http::response<http::string_body> operator()(
      const http::request<http::string_body>& request) const;

 private:
  http::response<http::string_body> route(const http::request<http::string_body>& request,
                                          std::string_view path) const;
  http::response<http::string_body> models(std::string_view path) const;
  std::string metrics_text() const;
};

}  // namespace octavo
