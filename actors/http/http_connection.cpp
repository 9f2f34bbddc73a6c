#include "actors/http/http_connection.hpp"

#include <spdlog/spdlog.h>

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/beast/websocket/rfc6455.hpp>

#include "protocol/http_error.hpp"
#include "protocol/request_path.hpp"

namespace octavo {
namespace {

constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t kMaxHttpBody = std::size_t{64} << 10;
constexpr std::size_t kMaxLingerBytes = std::size_t{1} << 20;

// Beast could not read a request. Answers how the client is refused, or nothing when the client has
// closed the connection and nobody would receive an answer.
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

// Checks that every request must pass before its route is looked up: a sound head, an allowed host
// and an allowed origin. Answers how it is refused, or nothing when it passes.
std::optional<HttpRefusal> check_request(const http::request_header<>& head,
                                         const HttpPolicy& policy) {
  if (auto refusal = check_head(head)) return refusal;
  if (auto refusal = check_host(head, policy)) return refusal;
  return check_origin(head, policy);
}

std::optional<HttpRefusal> check_upgrade(const http::request_header<>& head,
                                         const std::optional<std::string>& api_key) {
  if (decoded_path({head.target().data(), head.target().size()}) != "/v1/responses")
    return HttpRefusal{http::status::not_found, "WebSockets are served at /v1/responses"};
  if (api_key) return std::nullopt;
  return missing_key();
}

}  // namespace

HttpConnection::HttpConnection(ConnectionContext& context, asio::ip::tcp::socket socket)
    : context_(context), limits_(context.sessions.limits), stream_(std::move(socket)) {
  boost::system::error_code ignored;
  stream_.socket().set_option(asio::ip::tcp::no_delay(true), ignored);
}

asio::awaitable<void> HttpConnection::serve(std::shared_ptr<HttpConnection> self) {
  std::optional<HttpRequest> upgrade = co_await self->answer_until_upgrade();
  if (!upgrade) {
    self->close_socket();
    co_return;
  }
  const auto api_key = api_key_of(upgrade->base(), self->context_.policy);
  if (auto refusal = check_upgrade(upgrade->base(), api_key)) {
    co_await self->refuse(std::move(*refusal));
    self->close_socket();
    co_return;
  }
  self->buffer_ = {};
  self->websocket_ = std::make_shared<WebSocketConnection>(
      self->context_.sessions, self->context_.supervisor, std::move(self->stream_), *api_key);
  co_await WebSocketConnection::serve(self->websocket_, std::move(*upgrade));
}

// A connection that is kept may be idle for longer than a request may take to come: a proxy keeps
// its own for about a minute, and must not send a request into one that has just been closed.
asio::awaitable<bool> HttpConnection::wait_for_request() {
  if (num_answered_ == 0 || buffer_.size() > 0) co_return true;
  stream_.expires_after(limits_.keep_alive_timeout);
  auto room = buffer_.prepare(4096);
  auto read = co_await stream_.async_read_some(room, kTuple);
  if (std::get<0>(read)) co_return false;
  buffer_.commit(std::get<1>(read));
  co_return true;
}

// Nothing when the connection is done.
asio::awaitable<std::optional<http::request<http::string_body>>>
HttpConnection::answer_until_upgrade() {
  for (;;) {
    http::request_parser<http::string_body> parser;
    parser.header_limit(static_cast<std::uint32_t>(limits_.max_head_bytes));
    parser.body_limit(kMaxHttpBody);
    const bool has_bytes = co_await wait_for_request();
    if (!has_bytes) co_return std::nullopt;
    stream_.expires_after(limits_.handshake_timeout);
    auto head_read = co_await http::async_read_header(stream_, buffer_, parser, kTuple);
    const boost::system::error_code head_error = std::get<0>(head_read);
    auto refusal =
        head_error ? refusal_of(head_error) : check_request(parser.get().base(), context_.policy);
    if (refusal) co_await refuse(std::move(*refusal));
    if (head_error || refusal) co_return std::nullopt;
    if (beast::websocket::is_upgrade(parser.get())) {
      const bool has_body = parser.get().count(http::field::content_length) > 0;
      if (!has_body && buffer_.size() == 0) co_return parser.release();
      refusal = HttpRefusal{http::status::bad_request,
                            "an upgrade has no body and nothing after its head"};
      co_await refuse(std::move(*refusal));
      co_return std::nullopt;
    }
    auto body_read = co_await http::async_read(stream_, buffer_, parser, kTuple);
    if (std::get<0>(body_read)) co_return std::nullopt;
    const bool goes_on = co_await answer_request(parser.release());
    if (!goes_on) co_return std::nullopt;
  }
}

// True when another request may follow.
asio::awaitable<bool> HttpConnection::answer_request(HttpRequest request) {
  const bool keep_alive = request.keep_alive();
  answering_ = true;
  auto handling = context_.handler(std::move(request));
  HttpResponse response = co_await std::move(handling);
  response.keep_alive(keep_alive && !ends_answered_);
  co_await write(std::move(response));
  answering_ = false;
  ++num_answered_;
  co_return keep_alive && !ends_answered_;
}

asio::awaitable<void> HttpConnection::write(HttpResponse response) {
  response.version(11);
  const bool has_length = response.has_content_length();  // An answer to HEAD has GET's length.
  const bool is_bare = response.result() == http::status::not_modified ||
                       response.result() == http::status::no_content;
  if (!has_length && !is_bare) response.prepare_payload();
  context_.sessions.metrics.count_http(response.result_int());
  spdlog::debug("http: answered status={} bytes={}", response.result_int(), response.body().size());
  stream_.expires_after(limits_.write_timeout);
  co_await http::async_write(stream_, response, kTuple);
}

asio::awaitable<void> HttpConnection::refuse(HttpRefusal refusal) {
  HttpResponse response = refusal_response(refusal);
  response.keep_alive(false);
  co_await write(std::move(response));
  co_await linger();
}

// A socket that is closed with bytes unread sends a reset, which overtakes the answer: reads them
// away until the client has closed, within bounds.
asio::awaitable<void> HttpConnection::linger() {
  boost::system::error_code ignored;
  stream_.socket().shutdown(asio::socket_base::shutdown_send, ignored);
  stream_.expires_after(limits_.close_timeout);
  std::array<char, 4096> unread;
  for (std::size_t num_read = 0; num_read < kMaxLingerBytes;) {
    auto read = co_await stream_.async_read_some(asio::buffer(unread), kTuple);
    if (std::get<0>(read)) co_return;
    num_read += std::get<1>(read);
  }
}

void HttpConnection::drain(std::string_view reason, std::chrono::milliseconds time_left) {
  if (websocket_) return websocket_->drain(reason, time_left);
  if (answering_)
    ends_answered_ = true;
  else
    close_socket();
}

void HttpConnection::end(const Error& error) {
  if (websocket_)
    websocket_->end(error);
  else
    close_socket();
}

void HttpConnection::close_socket() {
  boost::system::error_code ignored;
  stream_.socket().close(ignored);
  stream_.cancel();
}

}  // namespace octavo
