#include "actors/websocket/websocket_connection.hpp"

#include <spdlog/spdlog.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/zlib/error.hpp>
#include <utility>

#include "protocol/error_frame.hpp"
#include "protocol/http_checks.hpp"
#include "protocol/trace_parent.hpp"
#include "src/core/utf8.hpp"

namespace octavo {
namespace {

namespace websocket = beast::websocket;

constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t kReadBytes = std::size_t{64} << 10;
// Frames that promise more than this many times the limit are not even read away.
constexpr std::size_t kHopelessFactor = 16;
constexpr std::size_t kMaxReasonBytes = 123;  // RFC 6455, section 5.5: 125 with the code.
// A close frame with 1007, unmasked as a server's are.
constexpr std::string_view kBadPayload = "\x88\x02\x03\xef";
// A larger window finds hardly more, since the events of a stream repeat what stood in the last few
// of them, and it costs every connection more memory.
constexpr int kWindowBits = 10;

// The events of a stream are alike, so the server keeps its window from message to message. The
// messages of a client are not, so each begins with an empty window, and takes less memory.
websocket::permessage_deflate compression() {
  websocket::permessage_deflate deflate;
  deflate.server_enable = true;
  deflate.server_max_window_bits = kWindowBits;
  deflate.client_max_window_bits = kWindowBits;
  deflate.client_no_context_takeover = true;
  deflate.compLevel = 1;
  deflate.memLevel = 1;
  return deflate;
}

}  // namespace

WebSocketConnection::WebSocketConnection(SessionContext& context, Supervisor& supervisor,
                                         ClientStream stream, const Caller& caller)
    : context_(context),
      limits_(context.limits),
      supervisor_(supervisor),
      websocket_(std::move(stream)),
      session_(context, websocket_.get_executor()),
      deadline_(websocket_.get_executor()),
      age_(websocket_.get_executor()),
      assembly_(websocket_.get_executor()),
      controls_(static_cast<double>(context.limits.max_pings_per_second)) {
  session_.set_caller(caller);
}

asio::awaitable<void> WebSocketConnection::serve(std::shared_ptr<WebSocketConnection> self,
                                                 http::request<http::string_body> upgrade) {
  self->session_.set_trace_id(trace_id_of(upgrade.base()));
  const bool accepted = co_await self->accept(std::move(upgrade));
  if (!accepted) {
    self->close_socket();
    co_return;
  }
  const auto executor = self->websocket_.get_executor();
  self->supervisor_.spawn(executor, "session.write", write_frames(self));
  self->supervisor_.spawn(executor, "session.hear", follow_engine(self));
  self->start_age_limit();
  spdlog::debug("connection: open protocol=websocket");
  co_await read_frames(self);
  spdlog::debug("connection: closed by={} responses={}",
                self->session_.outbox().close_reason() ? "server" : "client",
                self->session_.num_responses());
  self->session_.leave(CancelReason::kClientGone);
  self->session_.outbox().abandon();
  self->age_.cancel();
  self->assembly_.cancel();
  self->deadline_.cancel();
  self->close_socket();
}

asio::awaitable<bool> WebSocketConnection::accept(http::request<http::string_body> upgrade) {
  websocket_.next_layer().expires_never();
  websocket::stream_base::timeout timeouts{};
  timeouts.handshake_timeout = limits_.handshake_timeout;
  timeouts.idle_timeout = limits_.idle_timeout;
  timeouts.keep_alive_pings = true;
  websocket_.set_option(timeouts);
  websocket_.read_message_max(kHopelessFactor * limits_.max_message_bytes);
  if (limits_.compresses_websockets && upgrade.count(http::field::sec_websocket_extensions) > 0) {
    // A small message may inflate to a huge one. With this limit Beast stops inflating there, and
    // ends the connection with 1009 itself.
    websocket_.read_message_max(limits_.max_message_bytes);
    websocket_.set_option(compression());
  }
  websocket_.auto_fragment(false);
  websocket_.control_callback(
      [this](websocket::frame_type kind, boost::beast::string_view) { take_control(kind); });
  const bool speaks_octavo = offers_octavo_v1(upgrade.base());
  if (speaks_octavo) session_.speak_octavo();
  websocket_.set_option(
      websocket::stream_base::decorator([speaks_octavo](websocket::response_type& response) {
        response.set(http::field::server, "octavo");
        if (speaks_octavo) response.set(http::field::sec_websocket_protocol, "octavo.v1");
      }));
  auto accepted = co_await websocket_.async_accept(upgrade, kTuple);
  const bool is_open = !std::get<0>(accepted);
  if (is_open) context_.metrics.count_http(101);
  co_return is_open;
}

asio::awaitable<void> WebSocketConnection::read_frames(std::shared_ptr<WebSocketConnection> self) {
  for (;;) {
    auto read = co_await self->websocket_.async_read_some(
        self->buffer_, kReadBytes, asio::bind_cancellation_slot(self->reading_.slot(), kTuple));
    const boost::system::error_code error = std::get<0>(read);
    // Beast sends no close frame for a message that cannot be inflated, and refuses to send one.
    if (error.category() == make_error_code(beast::zlib::error::need_buffers).category())
      self->websocket_.next_layer().say_last(kBadPayload);
    if (error) co_return;  // Gone, bad UTF-8 (Beast has sent 1007), or 1002.
    self->take_bytes();
  }
}

// A frame that cannot be taken is answered with a close of our own, and what follows is read away:
// Beast would close the socket with bytes unread, whose reset overtakes the close frame.
void WebSocketConnection::take_bytes() {
  Outbox& outbox = session_.outbox();
  const bool is_too_big = buffer_.size() > limits_.max_message_bytes;
  if (!outbox.close_reason() && is_too_big) {
    end({Errc::kInvalidEvent,
         "a frame is larger than " + std::to_string(limits_.max_message_bytes) +
             " bytes: send less, or raise --max-message-size",
         ""},
        CancelReason::kClientGone, CloseCode::kTooBig);
  } else if (!outbox.close_reason() && !websocket_.got_text()) {
    end({Errc::kInvalidEvent, "a binary frame: send JSON in text frames", ""},
        CancelReason::kClientGone, CloseCode::kBinaryFrame);
  }
  if (!outbox.close_reason()) watch_assembly();
  if (!outbox.close_reason()) {
    if (!websocket_.is_message_done()) return;
    const auto bytes = buffer_.cdata();
    receive({static_cast<const char*>(bytes.data()), bytes.size()});
  }
  buffer_.consume(buffer_.size());
  if (buffer_.capacity() > kReadBytes) buffer_.shrink_to_fit();
}

// A fragment has ended where nothing of its frame is left to read: then the least that Beast asks
// room for is what it was offered.
void WebSocketConnection::watch_assembly() {
  if (websocket_.is_message_done()) {
    if (std::exchange(is_assembling_, false)) assembly_.cancel();
    num_fragments_ = 0;
    return;
  }
  if (websocket_.read_size_hint(1) == 1 && ++num_fragments_ > limits_.max_fragments) {
    return end({Errc::kInvalidEvent,
                "a message of more than " + std::to_string(limits_.max_fragments) +
                    " fragments: send fewer and larger ones",
                ""},
               CancelReason::kClientGone, CloseCode::kPolicy);
  }
  if (std::exchange(is_assembling_, true)) return;
  assembly_.expires_after(limits_.message_timeout);
  assembly_.async_wait([self = shared_from_this()](boost::system::error_code error) {
    if (error || !self->is_assembling_) return;
    self->end(
        {Errc::kInvalidEvent,
         "a message took longer than " + std::to_string(self->limits_.message_timeout.count()) +
             " s to come: send it at once, or raise --max-message-time",
         ""},
        CancelReason::kClientGone, CloseCode::kPolicy);
  });
}

// Beast answers a ping before it reads on, so nothing piles up here; a flood still costs time that
// others want.
void WebSocketConnection::take_control(websocket::frame_type kind) {
  if (kind == websocket::frame_type::close) return;
  if (session_.outbox().close_reason() || controls_.take(context_.clock())) return;
  end({Errc::kInvalidEvent,
       "more than " + std::to_string(limits_.max_pings_per_second) +
           " pings in a second: send fewer, or raise --max-pings",
       ""},
      CancelReason::kClientGone, CloseCode::kPolicy);
}

asio::awaitable<void> WebSocketConnection::write_frames(std::shared_ptr<WebSocketConnection> self) {
  Outbox& outbox = self->session_.outbox();
  for (;;) {
    if (outbox.is_abandoned()) co_return;
    std::optional<std::string> frame = outbox.pop();
    if (!frame && outbox.close_reason()) break;
    if (!frame) {
      self->session_.decongest();
      if (!outbox.is_empty()) continue;
      co_await outbox.bell().wait();
      continue;
    }
    // A reader that never reads is not noticed by Beast's idle timer, which watches what comes in.
    self->set_deadline(self->limits_.write_timeout, "write");
    self->websocket_.text(true);
    auto written = co_await self->websocket_.async_write(asio::buffer(*frame), kTuple);
    self->deadline_.cancel();
    if (std::get<0>(written)) {
      self->close_socket();
      co_return;
    }
  }
  CloseReason reason = *outbox.close_reason();
  auto closing = self->close(std::move(reason));
  co_await std::move(closing);
}

asio::awaitable<void> WebSocketConnection::close(CloseReason reason) {
  set_deadline(limits_.close_timeout, "close");
  const websocket::close_reason frame(
      websocket::close_code{static_cast<std::uint16_t>(reason.code)},
      quotable(reason.text, kMaxReasonBytes));
  co_await websocket_.async_close(frame, asio::bind_cancellation_slot(closing_.slot(), kTuple));
  deadline_.cancel();
  close_socket();
}

asio::awaitable<void> WebSocketConnection::follow_engine(
    std::shared_ptr<WebSocketConnection> self) {
  for (;;) {
    auto message = co_await self->session_.mailbox().receive();
    if (!message) co_return;
    self->session_.handle(std::move(*message));
    self->close_when_drained();
  }
}

void WebSocketConnection::start_age_limit() {
  age_.expires_after(limits_.max_age);
  age_.async_wait([self = shared_from_this()](boost::system::error_code error) {
    if (error) return;
    const Error limit{Errc::kConnectionLimitReached, "", ""};
    self->session_.outbox().push(error_frame(limit, ""));
    self->end(limit, CancelReason::kClientGone, CloseCode::kGoingAway);
  });
}

void WebSocketConnection::set_deadline(std::chrono::milliseconds limit, std::string_view what) {
  deadline_.expires_after(limit);
  deadline_.async_wait([self = shared_from_this(), limit, what](boost::system::error_code error) {
    if (error) return;
    spdlog::warn(
        "connection: cut off, the client did not take it: what={} limit_ms={} responses={}", what,
        limit.count(), self->session_.num_responses());
    self->close_socket();
    self->release_operations();
  });
}

void WebSocketConnection::drain(std::string_view reason, std::chrono::milliseconds time_left) {
  session_.drain(reason, time_left);
  close_when_drained();
}

void WebSocketConnection::close_when_drained() {
  if (session_.is_draining() && session_.is_quiet())
    session_.outbox().close({CloseCode::kGoingAway, std::string(describe(Errc::kServerDraining))});
}

void WebSocketConnection::end(const Error& error) {
  end(error, CancelReason::kShutdown, CloseCode::kGoingAway);
  set_deadline(limits_.close_timeout, "close");
}

void WebSocketConnection::end(const Error& error, CancelReason reason, CloseCode code) {
  if (session_.outbox().close_reason() || session_.outbox().is_abandoned())
    return session_.end(error, reason);  // Its client has gone, and something may run on.
  spdlog::warn("connection: ended close_code={} reason=\"{}\" responses={}",
               static_cast<std::uint16_t>(code), error.message(), session_.num_responses());
  session_.end(error, reason);
  session_.outbox().close({code, error.message()});
}

void WebSocketConnection::close_socket() { websocket_.next_layer().close(); }

// Beast 1.81 lets a read and a close wait for one another for ever: the close has its frame out and
// wants to read, while the read has found a frame that ends the connection, in bytes that came
// before the close, and wants to write. Neither waits for the socket then, so closing it wakes
// neither, and their coroutines would never end.
void WebSocketConnection::release_operations() {
  reading_.emit(asio::cancellation_type::terminal);
  closing_.emit(asio::cancellation_type::terminal);
}

}  // namespace octavo
