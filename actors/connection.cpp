#include "actors/connection.hpp"

#include <spdlog/spdlog.h>

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>

#include "protocol/error_frame.hpp"

namespace octavo {
namespace {

namespace websocket = beast::websocket;

constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t kMaxHttpBody = std::size_t{64} << 10;
constexpr std::size_t kMaxLingerBytes = std::size_t{1} << 20;
constexpr std::size_t kReadBytes = std::size_t{64} << 10;
// Frames that promise more than this many times the limit are not even read away.
constexpr std::size_t kHopelessFactor = 16;

websocket::close_reason reason_of(CloseCode code) {
  return websocket::close_code{static_cast<std::uint16_t>(code)};
}

// What to say of a request that could not be read; nothing when nobody is there to hear it.
std::optional<HttpRefusal> refusal_of(const boost::system::error_code& error) {
  if (error == http::error::header_limit) {
    return HttpRefusal{http::status::request_header_fields_too_large,
                       "the request's head is too large"};
  }
  if (error == http::error::body_limit)
    return HttpRefusal{http::status::payload_too_large, "the request's body is too large"};
  const bool is_end = error == http::error::end_of_stream || error == http::error::partial_message;
  if (is_end || error.category() != http::make_error_code(http::error::end_of_stream).category())
    return std::nullopt;
  return HttpRefusal{http::status::bad_request, "this is not HTTP/1.1: " + error.message()};
}

// What must hold of every request, whatever it asks for.
std::optional<HttpRefusal> check_request(const http::request_header<>& head,
                                         const HttpPolicy& policy) {
  if (auto refusal = check_head(head)) return refusal;
  if (auto refusal = check_host(head, policy)) return refusal;
  return check_origin(head, policy);
}

}  // namespace

Connection::Connection(ConnectionContext& context, asio::ip::tcp::socket socket)
    : context_(context),
      limits_(context.sessions.limits),
      websocket_(std::move(socket)),
      session_(context.sessions, websocket_.get_executor()),
      deadline_(websocket_.get_executor()),
      age_(websocket_.get_executor()) {
  boost::system::error_code ignored;
  stream().socket().set_option(asio::ip::tcp::no_delay(true), ignored);
}

asio::awaitable<void> Connection::serve(std::shared_ptr<Connection> self) {
  const bool wants_websocket = co_await self->serve_http();
  if (!wants_websocket) {
    self->close_socket();
    co_return;
  }
  const bool upgraded = co_await self->upgrade();
  if (!upgraded) {
    self->close_socket();
    co_return;
  }
  self->upgraded_ = true;
  const auto executor = self->websocket_.get_executor();
  self->context_.supervisor.spawn(executor, "session.write", write_frames(self));
  self->context_.supervisor.spawn(executor, "session.hear", hear_engine(self));
  self->start_age_limit();
  co_await read_frames(self);
  self->session_.leave(CancelReason::kClientGone);
  self->session_.outbox().abandon();
  self->age_.cancel();
  self->close_socket();
}

// Answers requests until one asks for an upgrade (true) or the connection is done (false).
asio::awaitable<bool> Connection::serve_http() {
  for (;;) {
    http::request_parser<http::string_body> parser;
    parser.header_limit(static_cast<std::uint32_t>(limits_.max_head_bytes));
    parser.body_limit(kMaxHttpBody);
    stream().expires_after(limits_.handshake_timeout);
    auto head_read = co_await http::async_read_header(stream(), buffer_, parser, kTuple);
    const boost::system::error_code head_error = std::get<0>(head_read);
    auto refusal =
        head_error ? refusal_of(head_error) : check_request(parser.get().base(), context_.policy);
    if (refusal) co_await refuse(std::move(*refusal));
    if (head_error || refusal) co_return false;
    if (websocket::is_upgrade(parser.get())) {
      const bool has_body = parser.get().count(http::field::content_length) > 0;
      request_ = parser.release();
      if (!has_body && buffer_.size() == 0) co_return true;
      refusal = HttpRefusal{http::status::bad_request,
                            "an upgrade has no body and nothing behind its head"};
      co_await refuse(std::move(*refusal));
      co_return false;
    }
    auto body_read = co_await http::async_read(stream(), buffer_, parser, kTuple);
    if (std::get<0>(body_read)) co_return false;
    request_ = parser.release();
    const bool keep_alive = request_.keep_alive();
    answering_ = true;
    auto handling = context_.handler(std::move(request_));
    http::response<http::string_body> response = co_await std::move(handling);
    response.keep_alive(keep_alive && !ends_answered_);
    co_await answer(std::move(response));
    answering_ = false;
    if (!keep_alive || ends_answered_) co_return false;
  }
}

asio::awaitable<void> Connection::answer(http::response<http::string_body> response) {
  response.version(11);
  const bool has_length = response.has_content_length();  // An answer to HEAD tells GET's.
  if (!has_length && response.result() != http::status::not_modified) response.prepare_payload();
  stream().expires_after(limits_.write_timeout);
  co_await http::async_write(stream(), response, kTuple);
}

asio::awaitable<void> Connection::refuse(HttpRefusal refusal) {
  http::response<http::string_body> response(refusal.status, 11);
  response.set(http::field::content_type, "application/json");
  response.body() = error_body(refusal.message, "invalid_request_error", "invalid_request");
  response.keep_alive(false);
  co_await answer(std::move(response));
  co_await linger();
}

// A socket that is closed with bytes unread sends a reset, which overtakes the answer: reads them
// away until the client has closed, within bounds.
asio::awaitable<void> Connection::linger() {
  boost::system::error_code ignored;
  stream().socket().shutdown(asio::socket_base::shutdown_send, ignored);
  stream().expires_after(limits_.close_timeout);
  std::array<char, 4096> unread;
  for (std::size_t num_read = 0; num_read < kMaxLingerBytes;) {
    auto read = co_await stream().async_read_some(asio::buffer(unread), kTuple);
    if (std::get<0>(read)) co_return;
    num_read += std::get<1>(read);
  }
}

asio::awaitable<bool> Connection::upgrade() {
  const std::string_view target(request_.target().data(), request_.target().size());
  HttpRefusal refusal{http::status::ok, ""};
  if (target.substr(0, target.find('?')) != "/v1/responses") {
    refusal = {http::status::not_found, "WebSockets are served at /v1/responses"};
  } else if (const auto key = api_key_of(request_.base(), context_.policy)) {
    session_.set_api_key(*key);
  } else {
    refusal = {http::status::unauthorized,
               "the API key is missing or wrong: send Authorization: Bearer KEY"};
  }
  if (refusal.status != http::status::ok) {
    co_await refuse(std::move(refusal));
    co_return false;
  }
  stream().expires_never();
  websocket::stream_base::timeout timeouts{};
  timeouts.handshake_timeout = limits_.handshake_timeout;
  timeouts.idle_timeout = limits_.idle_timeout;
  timeouts.keep_alive_pings = true;
  websocket_.set_option(timeouts);
  websocket_.read_message_max(kHopelessFactor * limits_.max_message_bytes);
  websocket_.auto_fragment(false);
  const bool speaks_octavo = offers_octavo_v1(request_.base());
  websocket_.set_option(
      websocket::stream_base::decorator([speaks_octavo](websocket::response_type& response) {
        response.set(http::field::server, "octavo");
        if (speaks_octavo) response.set(http::field::sec_websocket_protocol, "octavo.v1");
      }));
  auto accepted = co_await websocket_.async_accept(request_, kTuple);
  request_ = {};
  co_return !std::get<0>(accepted);
}

asio::awaitable<void> Connection::read_frames(std::shared_ptr<Connection> self) {
  for (;;) {
    auto read = co_await self->websocket_.async_read_some(self->buffer_, kReadBytes, kTuple);
    if (std::get<0>(read)) co_return;  // Gone, bad UTF-8 (Beast has sent 1007), or 1002.
    self->hear_client();
  }
}

// A frame that cannot be taken is answered with a close of our own, and what follows is read away:
// Beast would close the socket with bytes unread, whose reset overtakes the close frame.
void Connection::hear_client() {
  Outbox& outbox = session_.outbox();
  const bool is_too_big = buffer_.size() > limits_.max_message_bytes;
  if (!outbox.close_code() && (is_too_big || !websocket_.got_text())) {
    session_.leave(CancelReason::kClientGone);
    outbox.close(is_too_big ? CloseCode::kTooBig : CloseCode::kBinaryFrame);
  }
  if (!outbox.close_code()) {
    if (!websocket_.is_message_done()) return;
    const auto bytes = buffer_.cdata();
    session_.receive_frame({static_cast<const char*>(bytes.data()), bytes.size()});
  }
  buffer_.consume(buffer_.size());
  if (buffer_.capacity() > kReadBytes) buffer_.shrink_to_fit();
}

asio::awaitable<void> Connection::write_frames(std::shared_ptr<Connection> self) {
  Outbox& outbox = self->session_.outbox();
  for (;;) {
    if (outbox.is_abandoned()) co_return;
    std::optional<std::string> frame = outbox.pop();
    if (!frame && outbox.close_code()) break;
    if (!frame) {
      self->session_.decongest();
      if (!outbox.is_empty()) continue;
      co_await outbox.bell().async_wait(kTuple);
      continue;
    }
    // A reader that never reads is not noticed by Beast's idle timer, which watches what comes in.
    self->deadline_.expires_after(self->limits_.write_timeout);
    self->deadline_.async_wait([self](boost::system::error_code error) {
      if (!error) self->close_socket();
    });
    self->websocket_.text(true);
    auto written = co_await self->websocket_.async_write(asio::buffer(*frame), kTuple);
    self->deadline_.cancel();
    if (std::get<0>(written)) {
      self->close_socket();
      co_return;
    }
  }
  co_await self->close_websocket(*outbox.close_code());
}

asio::awaitable<void> Connection::close_websocket(CloseCode code) {
  deadline_.expires_after(limits_.close_timeout);
  deadline_.async_wait([self = shared_from_this()](boost::system::error_code error) {
    if (!error) self->close_socket();
  });
  const websocket::close_reason reason = reason_of(code);
  co_await websocket_.async_close(reason, kTuple);
  deadline_.cancel();
  close_socket();
}

asio::awaitable<void> Connection::hear_engine(std::shared_ptr<Connection> self) {
  for (;;) {
    auto message = co_await self->session_.mailbox().receive();
    if (!message) co_return;
    self->session_.handle(std::move(*message));
    self->close_when_drained();
  }
}

void Connection::start_age_limit() {
  age_.expires_after(limits_.max_age);
  age_.async_wait([self = shared_from_this()](boost::system::error_code error) {
    if (error) return;
    self->session_.outbox().push(error_frame(Error{Errc::kConnectionLimitReached, "", ""}, ""));
    self->session_.leave(CancelReason::kClientGone);
    self->session_.outbox().close(CloseCode::kGoingAway);
  });
}

void Connection::drain(std::string_view reason, std::chrono::milliseconds time_left) {
  if (!upgraded_ && answering_) return void(ends_answered_ = true);
  if (!upgraded_) return close_socket();
  session_.drain(reason, time_left);
  close_when_drained();
}

void Connection::close_when_drained() {
  if (session_.is_draining() && session_.is_quiet()) session_.outbox().close(CloseCode::kGoingAway);
}

void Connection::end() {
  if (!upgraded_) return close_socket();
  session_.leave(CancelReason::kShutdown);
  session_.outbox().close(CloseCode::kGoingAway);
  deadline_.expires_after(limits_.close_timeout);
  deadline_.async_wait([self = shared_from_this()](boost::system::error_code error) {
    if (!error) self->close_socket();
  });
}

void Connection::close_socket() {
  boost::system::error_code ignored;
  stream().socket().close(ignored);
  stream().cancel();
}

}  // namespace octavo
