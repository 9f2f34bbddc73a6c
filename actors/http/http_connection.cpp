#include "actors/http/http_connection.hpp"

#include <spdlog/spdlog.h>

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <charconv>

#include "actors/http/request_body.hpp"
#include "actors/http/socket_watch.hpp"
#include "actors/session/request_log.hpp"
#include "protocol/cors.hpp"
#include "protocol/http_error.hpp"
#include "protocol/http_route.hpp"
#include "protocol/request_path.hpp"
#include "protocol/request_target.hpp"
#include "protocol/response_answer.hpp"
#include "protocol/trace_parent.hpp"

namespace octavo {
namespace {

constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);
// Routes that take no long body still read a short one, since clients send some with anything.
constexpr std::size_t kMaxPlainBody = std::size_t{64} << 10;
// The largest thing that must be in it at once is the head of a request.
constexpr std::size_t kMaxBuffered = std::size_t{256} << 10;
constexpr std::size_t kMaxLingerBytes = std::size_t{1} << 20;

// Checks that every request must pass before its route is looked up: a sound head, an allowed host
// and an allowed origin. Answers how it is refused, or nothing when it passes.
std::optional<HttpRefusal> check_request(const http::request_header<>& head,
                                         const HttpPolicy& policy, std::size_t max_fields) {
  if (auto refusal = check_num_fields(head, max_fields)) return refusal;
  if (auto refusal = check_head(head)) return refusal;
  if (auto refusal = check_host(head, policy)) return refusal;
  return check_origin(head, policy);
}

std::optional<HttpRefusal> check_upgrade(const http::request_header<>& head,
                                         const std::optional<Caller>& caller) {
  if (decoded_path({head.target().data(), head.target().size()}) != "/v1/responses")
    return HttpRefusal{http::status::not_found, "WebSockets are served at /v1/responses",
                       "not_found"};
  if (!caller) return missing_key();
  return check_websocket_key(head);
}

HttpRoute route_of(const http::request_header<>& head) {
  const auto path = decoded_path({head.target().data(), head.target().size()});
  return path ? octavo::route_of(*path) : HttpRoute{};
}

// After which event a client wants to hear of a response again; nothing for any other request. A
// number that is none asks for all.
std::optional<std::int64_t> resume_of(const http::request<http::string_body>& request,
                                      const HttpRoute& route) {
  const std::string_view target = request.target();
  const bool is_wanted = route.name == RouteName::kResponse &&
                         request.method() == http::verb::get &&
                         query_value(target, "stream") == "true";
  if (!is_wanted) return std::nullopt;
  const std::string given = query_value(target, "starting_after");
  std::int64_t number = -1;
  std::from_chars(given.data(), given.data() + given.size(), number);
  return number;
}

std::optional<HttpRefusal> too_late() {
  return HttpRefusal{http::status::request_timeout, "the request did not come in time"};
}

}  // namespace

HttpConnection::HttpConnection(ConnectionContext& context, asio::ip::tcp::socket socket,
                               std::optional<asio::ip::address> proxy)
    : context_(context),
      limits_(context.sessions.limits),
      stream_(std::move(socket)),
      client_(context.gate, context.policy, context.sessions.clock, std::move(proxy)),
      buffer_(kMaxBuffered),
      read_deadline_(stream_),
      end_deadline_(stream_.get_executor()) {
  boost::system::error_code ignored;
  stream_.socket().set_option(asio::ip::tcp::no_delay(true), ignored);
}

HttpConnection::~HttpConnection() {
  if (counted_for_ != nullptr) counted_for_->leave_connection();
}

asio::awaitable<void> HttpConnection::serve(std::shared_ptr<HttpConnection> self) {
  const bool is_open = co_await self->open();
  std::optional<HttpRequest> upgrade;
  if (is_open) upgrade = co_await self->answer_until_upgrade();
  self->end_deadline_.cancel();
  if (!upgrade) {
    self->close_socket();
    co_return;
  }
  auto caller = caller_of(upgrade->base(), self->context_.policy);
  auto refusal = check_upgrade(upgrade->base(), caller);
  if (!refusal && self->ends_answered_)
    refusal = HttpRefusal{http::status::service_unavailable, "the server is shutting down"};
  if (!refusal && !self->count_for(*caller)) refusal = too_many_connections(*caller->account);
  if (refusal) {
    co_await self->refuse(std::move(*refusal));
    self->close_socket();
    co_return;
  }
  self->buffer_.consume(self->buffer_.size());
  self->buffer_.shrink_to_fit();
  self->websocket_ =
      std::make_shared<WebSocketConnection>(self->context_.sessions, self->context_.supervisor,
                                            std::move(self->stream_), std::move(*caller));
  co_await WebSocketConnection::serve(self->websocket_, std::move(*upgrade));
}

// A handshake for everybody who is turned away would cost more than what the refusal spares.
asio::awaitable<void> HttpConnection::turn_away(std::shared_ptr<HttpConnection> self,
                                                HttpRefusal refusal) {
  auto hearing =
      understands_plain(self->stream_, self->context_.transport, self->limits_.close_timeout);
  const bool is_understood = co_await std::move(hearing);
  if (is_understood) {
    auto refusing = self->refuse(std::move(refusal));
    co_await std::move(refusing);
  }
  self->close_socket();
}

asio::awaitable<bool> HttpConnection::open() {
  auto opening = open_transport(stream_, buffer_, context_.transport, client_.is_proxied(),
                                limits_.handshake_timeout, context_.sessions.clock);
  const Opening opened = co_await std::move(opening);
  if (opened == Opening::kPlainRefused) {
    HttpRefusal refusal{http::status::bad_request,
                        "this server wants TLS: ask it by https:// or wss://", "tls_required"};
    co_await refuse(std::move(refusal));
  }
  co_return opened == Opening::kOpen;
}

// A connection that is kept may be idle for longer than a request may take to come: a proxy keeps
// its own for about a minute, and must not send a request into one that has just been closed.
asio::awaitable<bool> HttpConnection::wait_for_request() {
  if (num_answered_ == 0 || buffer_.size() > 0) co_return true;
  stream_.expires_after(limits_.keep_alive_timeout);
  auto room = buffer_.prepare(4096);
  is_idle_ = true;
  auto read = co_await stream_.async_read_some(room, kTuple);
  is_idle_ = false;
  if (std::get<0>(read)) co_return false;
  buffer_.commit(std::get<1>(read));
  co_return true;
}

// Nothing when the connection is done.
asio::awaitable<std::optional<HttpConnection::HttpRequest>> HttpConnection::answer_until_upgrade() {
  for (;;) {
    RequestParser parser;
    parser.header_limit(static_cast<std::uint32_t>(limits_.max_head_bytes));
    parser.body_limit(limits_.max_message_bytes);
    head_ = {};
    const bool has_bytes = co_await wait_for_request();
    if (!has_bytes) co_return std::nullopt;
    read_deadline_.begin(limits_.handshake_timeout, shared_from_this());
    auto head_read = co_await http::async_read_header(stream_, buffer_, parser, kTuple);
    const boost::system::error_code head_error = std::get<0>(head_read);
    auto refusal = read_deadline_.end() ? too_late()
                   : head_error         ? refusal_of(head_error)
                                        : take_head(parser.get().base());
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
    const bool goes_on = co_await answer_request(parser);
    client_.leave();
    if (!goes_on) co_return std::nullopt;
  }
}

std::optional<HttpRefusal> HttpConnection::take_head(http::request_header<>& head) {
  auto refusal = resolve_target(head);
  head_ = head;
  if (!refusal) refusal = check_request(head_, context_.policy, limits_.max_head_fields);
  if (!refusal) refusal = client_.enter(head_);
  return refusal;
}

// True when another request may follow.
asio::awaitable<bool> HttpConnection::answer_request(RequestParser& parser) {
  const HttpRoute route = route_of(head_);
  const bool has_body = route.has_body && head_.method() == http::verb::post;
  auto caller = caller_of(head_, context_.policy);
  std::optional<HttpRefusal> refusal;
  if (has_body && !caller) refusal = missing_key();
  if (caller && !route.is_open && !count_for(*caller))
    refusal = too_many_connections(*caller->account);
  if (refusal) {
    co_await refuse(std::move(*refusal));
    co_return false;
  }
  const std::size_t limit = has_body ? limits_.max_message_bytes : kMaxPlainBody;
  const auto timeout = has_body ? limits_.body_timeout : limits_.handshake_timeout;
  read_deadline_.begin(timeout, shared_from_this());
  auto reading = read_body(stream_, buffer_, parser, limit);
  BodyRead read = co_await std::move(reading);
  const bool is_late = read_deadline_.end();
  if (!read.is_whole && is_late) read.refusal = too_late();
  if (read.refusal) co_await refuse(std::move(*read.refusal));
  if (!read.is_whole) co_return false;
  HttpRequest request = parser.release();
  request.base() = head_;  // Trailers may have been added to it.
  keep_alive_ = request.keep_alive() && num_answered_ + 1 < limits_.keep_alive_requests;
  const auto resumed = resume_of(request, route);
  const auto endpoint = has_body
                            ? text_endpoint_of(route.name, request.body(), limits_.max_json_depth)
                            : std::nullopt;
  if (endpoint) {
    auto answering = answer_with_text(*endpoint, request.body(), std::move(*caller));
    co_await std::move(answering);
  } else if (resumed && caller) {
    auto answering = answer_with_events(route.argument, *resumed, std::move(*caller));
    co_await std::move(answering);
  } else {
    auto handling = context_.handler(std::move(request));
    HttpReply response = co_await std::move(handling);
    co_await write(std::move(response));
  }
  ++num_answered_;
  co_return keep_alive_ && !ends_answered_;
}

asio::awaitable<void> HttpConnection::answer_with_text(TextEndpoint endpoint, std::string_view body,
                                                       Caller caller) {
  SessionContext& sessions = context_.sessions;
  auto asked = parse_text_request(endpoint, body, sessions.hash_key, limits_.max_json_depth);
  if (!asked) {
    sessions.metrics.count_received();
    sessions.metrics.count_refused(asked.error().code);
    log_refused(asked.error(), "");
    HttpReply response = begin_response();
    set_error(asked.error(), response);
    co_await write(std::move(response));
    co_return;
  }
  begin_exchange(std::move(asked->answer), std::move(caller));
  const std::string name = request_id_of(head_).value_or("");
  for (ResponseCreate& create : asked->creates) create.request_name = name;
  exchange_->set_trace_id(trace_id_of(head_));
  exchange_->create(std::move(asked->creates));
  auto writing = write_exchange();
  co_await std::move(writing);
}

asio::awaitable<void> HttpConnection::answer_with_events(std::string response_id,
                                                         std::int64_t starting_after,
                                                         Caller caller) {
  begin_exchange(make_response_answer(true), std::move(caller));
  exchange_->resume(response_id, starting_after);
  auto writing = write_exchange();
  co_await std::move(writing);
}

void HttpConnection::begin_exchange(std::unique_ptr<HttpAnswer> answer, Caller caller) {
  exchange_ = std::make_shared<HttpExchange>(context_.sessions, stream_.get_executor(),
                                             std::move(answer), caller);
  context_.supervisor.spawn(stream_.get_executor(), "http.follow",
                            HttpExchange::follow_engine(exchange_));
}

asio::awaitable<void> HttpConnection::write_exchange() {
  const auto watch = std::make_shared<SocketWatch>(stream_, buffer_);
  watch->begin(context_.supervisor, [exchange = exchange_] { exchange->leave(); });
  HttpReply head = begin_response();
  head.keep_alive(keep_alive_ && !ends_answered_);
  auto writing = exchange_->write(stream_, std::move(head));
  const bool is_whole = co_await std::move(writing);
  keep_alive_ = keep_alive_ && is_whole;
  auto ending = watch->end();
  co_await std::move(ending);
  exchange_ = nullptr;
}

HttpReply HttpConnection::begin_response() const {
  HttpReply response = make_reply(http::status::ok);
  response.version(head_.version() == 10 ? 10 : 11);
  allow_origin(head_, context_.policy, response.base());
  name_request(response);
  return response;
}

void HttpConnection::name_request(HttpReply& response) const {
  if (const auto id = request_id_of(head_)) response.set("X-Request-Id", *id);
}

asio::awaitable<void> HttpConnection::write(HttpReply response) {
  response.version(11);
  const bool has_length = response.has_content_length();  // An answer to HEAD has GET's length.
  const bool is_bare = response.result() == http::status::not_modified ||
                       response.result() == http::status::no_content;
  if (!has_length && !is_bare) response.prepare_payload();
  name_request(response);
  response.keep_alive(keep_alive_ && !ends_answered_);
  context_.sessions.metrics.count_http(response.result_int());
  spdlog::debug("http: answered status={} bytes={}", response.result_int(), response.body().size());
  stream_.expires_after(limits_.write_timeout);
  co_await http::async_write(stream_, response, kTuple);
}

asio::awaitable<void> HttpConnection::refuse(HttpRefusal refusal) {
  keep_alive_ = false;
  HttpReply response = refusal_response(refusal);
  allow_origin(head_, context_.policy, response.base());
  co_await write(std::move(response));
  co_await linger();
}

// A socket that is closed with bytes unread sends a reset, which overtakes the answer: reads them
// away until the client has closed, within bounds.
asio::awaitable<void> HttpConnection::linger() {
  boost::system::error_code ignored;
  stream_.say_end();
  stream_.socket().shutdown(asio::socket_base::shutdown_send, ignored);
  stream_.expires_after(limits_.close_timeout);
  std::array<char, 4096> unread;
  for (std::size_t num_read = 0; num_read < kMaxLingerBytes;) {
    auto read = co_await stream_.next_layer().async_read_some(asio::buffer(unread), kTuple);
    if (std::get<0>(read)) co_return;
    num_read += std::get<1>(read);
  }
}

void HttpConnection::drain(std::string_view reason, std::chrono::milliseconds time_left) {
  if (websocket_) return websocket_->drain(reason, time_left);
  // A request that is on its way is answered: a client or a proxy that has sent it cannot know
  // whether it ran, and a proxy sends no POST twice.
  ends_answered_ = true;
  if (is_idle_) close_socket();
}

bool HttpConnection::count_for(const Caller& caller) {
  if (counted_for_ == caller.account) return true;
  if (!caller.account->enter_connection()) return false;
  if (counted_for_ != nullptr) counted_for_->leave_connection();
  counted_for_ = caller.account;
  return true;
}

void HttpConnection::end_if_revoked() {
  if (counted_for_ == nullptr || !counted_for_->is_revoked()) return;
  const Error error{Errc::kInvalidApiKey, "the API key was revoked", ""};
  if (websocket_) return websocket_->end(error, CancelReason::kShutdown, CloseCode::kPolicy);
  if (exchange_) end(error);
}

void HttpConnection::end(const Error& error) {
  if (websocket_) return websocket_->end(error);
  if (!exchange_) return close_socket();
  ends_answered_ = true;
  exchange_->end(error);
  end_deadline_.expires_after(limits_.close_timeout);
  end_deadline_.async_wait([self = shared_from_this()](boost::system::error_code ended) {
    if (!ended) self->close_socket();
  });
}

void HttpConnection::close_socket() { stream_.close(); }

}  // namespace octavo
