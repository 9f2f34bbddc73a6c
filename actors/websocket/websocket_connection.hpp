// One WebSocket after its upgrade: a session with one reader, one writer and one listener to the
// engine. All of it runs on the io thread; stopping is closing the socket.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <memory>
#include <string_view>

#include "actors/runtime/supervisor.hpp"
#include "actors/session/session.hpp"
#include "actors/transport/client_stream.hpp"
#include "src/access/rate_bucket.hpp"

namespace octavo {

namespace http = boost::beast::http;

class WebSocketConnection : public std::enable_shared_from_this<WebSocketConnection> {
 public:
  /// Context and supervisor outlive it.
  WebSocketConnection(SessionContext& context, Supervisor& supervisor, ClientStream stream,
                      const Caller& caller);
  virtual ~WebSocketConnection() = default;

  /// Answers the upgrade and serves the connection to its end.
  static asio::awaitable<void> serve(std::shared_ptr<WebSocketConnection> self,
                                     http::request<http::string_body> upgrade);

  /// No new responses; closes with kGoingAway once the running ones have ended.
  void drain(std::string_view reason, std::chrono::milliseconds time_left);
  /// Ends what runs with this error and closes with kGoingAway at once.
  void end(const Error& error);
  /// Likewise, with another code. error: its message is the reason in the close frame, too.
  void end(const Error& error, CancelReason reason, CloseCode code);

 protected:
  /// A whole text message goes to the session. A test of the connection alone answers it itself.
  virtual void receive(std::string_view message) { session_.receive_frame(message); }
  Outbox& outbox() { return session_.outbox(); }

 private:
  asio::awaitable<bool> accept(http::request<http::string_body> upgrade);
  static asio::awaitable<void> read_frames(std::shared_ptr<WebSocketConnection> self);
  static asio::awaitable<void> write_frames(std::shared_ptr<WebSocketConnection> self);
  static asio::awaitable<void> follow_engine(std::shared_ptr<WebSocketConnection> self);
  void take_bytes();
  /// A message that comes in too many fragments, or too slowly, ends the connection.
  void watch_assembly();
  /// A control frame has come, and is not answered yet.
  void take_control(beast::websocket::frame_type kind);
  asio::awaitable<void> close(CloseReason reason);
  void start_age_limit();
  /// The socket is closed if what is under way takes longer. what: names it in the log; a literal.
  void set_deadline(std::chrono::milliseconds limit, std::string_view what);
  void close_when_drained();
  void close_socket();
  void release_operations();

  SessionContext& context_;
  const SessionLimits& limits_;
  Supervisor& supervisor_;
  beast::websocket::stream<ClientStream> websocket_;
  beast::flat_buffer buffer_;
  Session session_;
  asio::steady_timer deadline_;  ///< When the write or close handshake under way must have ended.
  asio::steady_timer age_;
  asio::steady_timer assembly_;  ///< Expires when the message that comes in must be whole.
  bool is_assembling_ = false;
  std::size_t num_fragments_ = 0;  ///< Frames of the unfinished message that have come so far.
  RateBucket controls_;
  // These cancel the read and the close handshake under way, for release_operations() alone.
  asio::cancellation_signal reading_;
  asio::cancellation_signal closing_;
};

}  // namespace octavo
