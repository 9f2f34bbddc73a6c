// One TCP connection: HTTP until an upgrade, then a WebSocket with one reader, one writer and one
// listener to the engine. All of it runs on the io thread; stopping is closing the socket.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <memory>

#include "actors/runtime/supervisor.hpp"
#include "actors/session.hpp"
#include "protocol/http_checks.hpp"

namespace octavo {

namespace beast = boost::beast;

/// Answers plain HTTP requests, perhaps after asking an actor; the house fills it in.
using HttpHandler = std::function<asio::awaitable<http::response<http::string_body>>(
    http::request<http::string_body>)>;

/// What every connection shares; the house owns it, and it outlives them.
struct ConnectionContext {
  SessionContext& sessions;
  const HttpPolicy& policy;
  HttpHandler handler;
  Supervisor& supervisor;
};

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(ConnectionContext& context, asio::ip::tcp::socket socket);

  /// Serves the connection to its end.
  static asio::awaitable<void> serve(std::shared_ptr<Connection> self);

  /// No new responses; closes with kGoingAway once the running ones have ended.
  void drain(std::string_view reason, std::chrono::milliseconds time_left);
  /// Cancels what runs and closes with kGoingAway at once.
  void end();

 private:
  using WebSocket = beast::websocket::stream<beast::tcp_stream>;

  asio::awaitable<bool> serve_http();
  asio::awaitable<void> answer(http::response<http::string_body> response);
  asio::awaitable<void> refuse(HttpRefusal refusal);
  asio::awaitable<void> linger();
  static asio::awaitable<void> read_frames(std::shared_ptr<Connection> self);
  void hear_client();
  static asio::awaitable<void> write_frames(std::shared_ptr<Connection> self);
  static asio::awaitable<void> hear_engine(std::shared_ptr<Connection> self);
  asio::awaitable<bool> upgrade();
  asio::awaitable<void> close_websocket(CloseCode code);
  void start_age_limit();
  void close_when_drained();
  void close_socket();
  beast::tcp_stream& stream() { return beast::get_lowest_layer(websocket_); }

  ConnectionContext& context_;
  const SessionLimits& limits_;
  WebSocket websocket_;
  beast::flat_buffer buffer_;
  http::request<http::string_body> request_;
  Session session_;
  asio::steady_timer deadline_;  ///< Of the write, or the close handshake, under way.
  asio::steady_timer age_;
  bool upgraded_ = false;
  bool answering_ = false;      ///< A request is at the handler.
  bool ends_answered_ = false;  ///< The answer under way is the last.
};

}  // namespace octavo
