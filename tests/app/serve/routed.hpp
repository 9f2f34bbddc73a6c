// The HTTP routes of a house that has everything but sockets, and what the tests of the routes read
// from their answers.
#pragma once

#include <boost/json/parse.hpp>
#include <string>
#include <utility>
#include <vector>

#include "src/app/serve/http_routes.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/sim.hpp"

namespace octavo::testing {

namespace json = boost::json;

using HttpRequest = http::request<http::string_body>;

inline asio::awaitable<void> ask_route(const HttpRoutes* routes, HttpRequest request,
                                       HttpReply* answer) {
  *answer = co_await (*routes)(std::move(request));
}

/// The routes of a house that stands but for its sockets.
struct Routed {
  Sim sim;
  HttpPolicy policy;
  std::atomic<bool> ready{true};
  BlockAuditor auditor{sim.ring.block_manager(), sim.io.get_executor()};

  HttpReply ask(const std::string& target,
                const std::vector<std::pair<std::string, std::string>>& fields = {},
                http::verb method = http::verb::get, const std::string& body = "") {
    HttpRequest request(method, target, 11);
    request.body() = body;
    for (const auto& [name, value] : fields) request.set(name, value);
    const HttpRoutes routes{sim.model,
                            policy,
                            sim.metrics,
                            sim.status,
                            ready,
                            auditor,
                            sim.sessions,
                            ResponseRoutes(sim.sessions, sim.io.get_executor()),
                            PromptRoutes(sim.sessions, sim.io.get_executor()),
                            CompactRoute(sim.sessions, sim.io.get_executor())};
    HttpReply answer;
    sim.supervisor.spawn(sim.io.get_executor(), "ask",
                         ask_route(&routes, std::move(request), &answer));
    sim.settle();
    return answer;
  }
};

inline std::string field(const HttpReply& response, const std::string& name) {
  const auto value = response[name];
  return {value.data(), value.size()};
}

inline json::object object_in(const HttpReply& response) {
  CHECK(field(response, "Content-Type") == "application/json");
  return json::parse(response.body()).as_object();
}

inline std::string code_in(const HttpReply& response) {
  return std::string(object_in(response).at("error").at("code").as_string());
}

inline const std::pair<std::string, std::string> kKey{"Authorization", "Bearer secret"};

}  // namespace octavo::testing
