// What a client does over HTTP with a response that it asked for earlier, over whichever
// connection: reads it, deletes it, cancels it. Thread: the io thread's only.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>
#include <string_view>

#include "actors/session/session_context.hpp"
#include "protocol/http_error.hpp"

namespace octavo {

class ResponseRoutes {
 public:
  /// The context outlives the routes, and the routes their coroutines.
  ResponseRoutes(SessionContext& context, asio::any_io_executor executor)
      : context_(context), executor_(std::move(executor)) {}

  /// The response as it is: running or ended.
  asio::awaitable<HttpReply> get(std::string id, std::uint64_t tenant) const;
  asio::awaitable<HttpReply> erase(std::string id, std::uint64_t tenant) const;
  asio::awaitable<HttpReply> input_items(std::string id, std::string target,
                                         std::uint64_t tenant) const;
  /// Answers with the response once it has ended.
  asio::awaitable<HttpReply> cancel(std::string id, std::uint64_t tenant) const;
  /// Cancels all that runs or waits under the name that a client gave its requests.
  HttpReply cancel_named(const std::string& name, std::uint64_t tenant) const;

 private:
  Response* find_running(const std::string& id, std::uint64_t tenant) const;
  const StoredResponse* find_stored(const std::string& id, std::uint64_t tenant) const;
  void cancel(Response& response) const;

  SessionContext& context_;
  asio::any_io_executor executor_;
};

}  // namespace octavo
