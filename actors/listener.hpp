// Takes connections in, and knows those that are open, so that the house can ask them to go.
// Thread: the io thread's only.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <list>
#include <memory>
#include <string>

#include "actors/http/http_connection.hpp"
#include "src/access/rate_bucket.hpp"

namespace octavo {

class Listener {
 public:
  /// Binds and listens. Errors: kIo, with the address and the system's reason.
  [[nodiscard]] static Result<std::unique_ptr<Listener>> open(ConnectionContext& context,
                                                              const asio::any_io_executor& executor,
                                                              const std::string& host,
                                                              std::uint16_t port);

  std::uint16_t port() const { return endpoint_.port(); }
  asio::ip::address address() const { return endpoint_.address(); }
  /// Serves on a socket that listens already, and closes it at the end. Errors: kIo.
  [[nodiscard]] static Result<std::unique_ptr<Listener>> adopt(
      ConnectionContext& context, const asio::any_io_executor& executor, int descriptor);
  /// Accepts until close().
  asio::awaitable<void> run();
  void close();
  /// Closes, and asks every connection to finish.
  void drain(std::chrono::milliseconds time_left);
  /// Ends every connection that is left, and what runs there with this error.
  void end(const Error& error);
  /// Ends the connections whose API key was revoked.
  void end_revoked();
  /// Called whenever the last connection has left.
  void on_empty(std::function<void()> handler) { on_empty_ = std::move(handler); }
  std::size_t num_connections() const { return context_.gate.num_connections(); }

  Listener(ConnectionContext& context, asio::ip::tcp::acceptor acceptor);

 private:
  /// So many refused connections at most are answered at a time; others are closed at once.
  static constexpr std::size_t kMaxRefusing = 256;

  void take_in(asio::ip::tcp::socket socket);
  void take_waiting();
  class Presence;
  /// network: what the connection counts for; empty for one of a trusted proxy.
  static asio::awaitable<void> serve(Listener* self, std::shared_ptr<HttpConnection> connection,
                                     std::string network);
  static asio::awaitable<void> refuse(Listener* self, std::shared_ptr<HttpConnection> connection,
                                      HttpRefusal refusal);
  void for_each(const std::function<void(HttpConnection&)>& action);

  ConnectionContext& context_;
  asio::ip::tcp::acceptor acceptor_;
  asio::steady_timer pause_;
  asio::ip::tcp::endpoint endpoint_;
  std::list<std::weak_ptr<HttpConnection>> connections_;
  RateBucket log_lines_{1};  ///< Refusals that are logged, so that a crowd does not fill the log.
  std::size_t num_refusing_ = 0;
  bool is_draining_ = false;
  std::function<void()> on_empty_;
};

}  // namespace octavo
