// One TCP connection as HTTP: answers requests until one asks for an upgrade, whose socket it hands
// to a WebSocketConnection. Runs on the io thread; stopping is closing the socket.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <functional>
#include <memory>
#include <optional>

#include "actors/http/http_exchange.hpp"
#include "actors/http/proxied_client.hpp"
#include "actors/http/read_deadline.hpp"
#include "actors/http/request_body.hpp"
#include "actors/transport/transport.hpp"
#include "actors/websocket/websocket_connection.hpp"
#include "protocol/http_checks.hpp"
#include "protocol/http_reply.hpp"
#include "protocol/text_endpoint.hpp"

namespace octavo {

/// Answers plain HTTP requests, perhaps after asking an actor; the house fills it in.
using HttpHandler = std::function<asio::awaitable<HttpReply>(http::request<http::string_body>)>;

/// The objects that all connections share. The house owns them, and they outlive every connection.
struct ConnectionContext {
  SessionContext& sessions;
  const HttpPolicy& policy;
  HttpHandler handler;
  Supervisor& supervisor;
  Transport transport{};
  ConnectionGate gate{sessions.limits.gate};
};

class HttpConnection : public std::enable_shared_from_this<HttpConnection> {
 public:
  /// proxy: where the connection comes from, if that is a trusted proxy.
  HttpConnection(ConnectionContext& context, asio::ip::tcp::socket socket,
                 std::optional<asio::ip::address> proxy = {});
  ~HttpConnection();
  HttpConnection(const HttpConnection&) = delete;
  HttpConnection& operator=(const HttpConnection&) = delete;

  /// Serves the connection to its end, as a WebSocket too.
  static asio::awaitable<void> serve(std::shared_ptr<HttpConnection> self);

  /// Answers with the refusal, whatever is asked for, and closes.
  static asio::awaitable<void> turn_away(std::shared_ptr<HttpConnection> self, HttpRefusal refusal);

  /// The answer under way is the last; a WebSocket gets no new responses and closes with kGoingAway
  /// once the running ones have ended.
  void drain(std::string_view reason, std::chrono::milliseconds time_left);
  /// Ends what runs and closes, if the API key that the client came with was revoked.
  void end_if_revoked();
  /// Closes; what runs on a WebSocket ends with this error.
  void end(const Error& error);

 private:
  using HttpRequest = http::request<http::string_body>;

  /// Until the first bytes of a request are here, in the clear. False when none can be answered.
  asio::awaitable<bool> open();
  asio::awaitable<std::optional<HttpRequest>> answer_until_upgrade();
  /// Until the first byte of the next one is here. False when none comes.
  asio::awaitable<bool> wait_for_request();
  /// Keeps the head and checks it. Answers how the request is refused, or nothing.
  std::optional<HttpRefusal> take_head(http::request_header<>& head);
  asio::awaitable<bool> answer_request(RequestParser& parser);
  asio::awaitable<void> answer_with_text(TextEndpoint endpoint, std::string_view body,
                                         Caller caller);
  /// The events of a response that the client comes back to.
  asio::awaitable<void> answer_with_events(std::string response_id, std::int64_t starting_after,
                                           Caller caller);
  /// Writes the answer of the exchange while the socket is watched.
  asio::awaitable<void> write_exchange();
  void begin_exchange(std::unique_ptr<HttpAnswer> answer, Caller caller);
  /// An answer without a body yet: the fields that every answer with text has, and the origin of
  /// the page that may read it.
  HttpReply begin_response() const;
  /// Any answer has the name that the client gave its request.
  void name_request(HttpReply& response) const;
  asio::awaitable<void> write(HttpReply response);
  asio::awaitable<void> refuse(HttpRefusal refusal);
  asio::awaitable<void> linger();
  void close_socket();
  /// Counts the connection for this caller from now on. False, and nothing is counted, if the
  /// caller has as many connections as it may have.
  bool count_for(const Caller& caller);

  ConnectionContext& context_;
  const SessionLimits& limits_;
  ClientStream stream_;
  ProxiedClient client_;
  beast::flat_buffer buffer_;
  std::shared_ptr<WebSocketConnection> websocket_;  ///< After the upgrade; has the socket then.
  std::shared_ptr<HttpExchange> exchange_;          ///< While an answer with text is made.
  ReadDeadline read_deadline_;                      ///< For the head, then the body of a request.
  asio::steady_timer end_deadline_;                 ///< When an answer that was ended must be out.
  http::request_header<> head_;                     ///< The head of the request that is answered.
  /// The account that counts this connection: that of the last key that came. Null before the
  /// first.
  std::shared_ptr<KeyAccount> counted_for_;
  std::size_t num_answered_ = 0;
  bool keep_alive_ = false;     ///< The client wants to go on after this answer.
  bool is_idle_ = false;        ///< It waits for another request, and none has begun to come.
  bool ends_answered_ = false;  ///< The answer under way is the last.
};

}  // namespace octavo
