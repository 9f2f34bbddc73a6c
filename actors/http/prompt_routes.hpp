// Clients want to know what a prompt becomes without paying for an answer: these routes count,
// render, tokenize and detokenize. The work is done at the desk, like that of any prompt. Thread:
// the io thread's only.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <string>

#include "actors/session/session_context.hpp"
#include "protocol/http_error.hpp"
#include "protocol/http_route.hpp"

namespace octavo {

class PromptRoutes {
 public:
  /// The context outlives the routes, and the routes their coroutines.
  PromptRoutes(SessionContext& context, asio::any_io_executor executor)
      : context_(context), executor_(std::move(executor)) {}

  /// route: one of those that make a prompt and run nothing.
  asio::awaitable<HttpReply> answer(RouteName route, std::string body, std::uint64_t tenant) const;

 private:
  using Job = std::function<Result<std::string>()>;
  Result<Job> job_of(RouteName route, std::string_view body) const;
  Result<Job> render_job(RouteName route, std::string_view body) const;
  asio::awaitable<Result<Job>> count_job(std::string body, std::uint64_t tenant) const;

  SessionContext& context_;
  asio::any_io_executor executor_;
};

}  // namespace octavo
