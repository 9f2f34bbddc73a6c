#include "actors/http/http_exchange.hpp"

#include <spdlog/spdlog.h>

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/write.hpp>
#include <charconv>
#include <sstream>

#include "actors/session/request_log.hpp"
#include "protocol/http_error.hpp"
#include "protocol/response_answer.hpp"

namespace octavo {
namespace {

constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);
// Proxies give up a connection on which nothing comes for about a minute.
constexpr std::chrono::seconds kKeepAliveComment{15};
constexpr std::string_view kComment = ": still here\n\n";

// A request has as many lanes as prompts, and all of them may wait.
LaneLimits lanes_of(const LaneLimits& limits) {
  return {limits.max_active, SIZE_MAX, SIZE_MAX, SIZE_MAX};
}

std::string chunk_of(std::string_view body) {
  std::array<char, 16> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), body.size(), 16).ptr;
  std::string chunk;
  chunk.reserve(body.size() + 32);
  chunk.append(digits.data(), end).append("\r\n").append(body).append("\r\n");
  return chunk;
}

std::string text_of(const http::response_header<>& head) {
  std::ostringstream text;
  text << head;
  return text.str();
}

}  // namespace

HttpExchange::HttpExchange(SessionContext& context, const asio::any_io_executor& executor,
                           std::unique_ptr<HttpAnswer> answer, const Caller& caller)
    : context_(context),
      mailbox_(executor),
      outbox_(executor, context.limits.soft_outbox_bytes, context.limits.hard_outbox_bytes),
      answer_(std::move(answer)),
      runner_(context, executor, *answer_, outbox_, mailbox_.address(),
              lanes_of(context.limits.lanes)),
      resumed_(
          context, outbox_, [](const std::string& json) { return sse_event(json); },
          [this] { cut_off_if_deaf(); }) {
  runner_.set_caller(caller);
}

asio::awaitable<void> HttpExchange::follow_engine(std::shared_ptr<HttpExchange> self) {
  for (;;) {
    auto message = co_await self->mailbox_.receive();
    if (!message) co_return;
    if (auto* due = std::get_if<GraceDue>(&*message)) self->runner_.handle(*due);
    if (auto* stored = std::get_if<ResponseStored>(&*message)) self->runner_.handle(*stored);
    if (auto* parent = std::get_if<ParentFound>(&*message))
      self->runner_.handle(std::move(*parent));
    if (auto* events = std::get_if<SessionEvents>(&*message))
      self->runner_.handle(*events);
    else if (auto* prepared = std::get_if<PromptPrepared>(&*message))
      self->runner_.handle(std::move(*prepared));
    if (self->left_) {
      if (self->runner_.is_quiet()) co_return;
      continue;
    }
    self->runner_.start_next();
    self->cut_off_if_deaf();
    if (self->answer_->error()) self->stop();
    if (self->runner_.is_quiet()) self->outbox_.bell().ring();
  }
}

void HttpExchange::create(std::vector<ResponseCreate> creates) {
  log_unknown(creates.front().unknown_fields);
  for (ResponseCreate& create : creates) {
    runner_.create(std::move(create));
    if (answer_->error()) return stop();
  }
}

void HttpExchange::resume(const std::string& response_id, std::int64_t starting_after) {
  const auto resumed = resumed_.resume(response_id, starting_after, runner_.tenant());
  if (!resumed) runner_.send_error(resumed.error(), "");
}

// Whatever else runs for a request that has failed is of no use to its client.
void HttpExchange::stop() { runner_.leave(CancelReason::kClientCancelled); }

void HttpExchange::leave() {
  if (left_) return;
  left_ = true;
  runner_.leave(CancelReason::kClientGone);
  resumed_.leave();
  outbox_.abandon();
  if (runner_.is_quiet()) mailbox_.close();
}

void HttpExchange::end(const Error& error) {
  runner_.end(error, CancelReason::kShutdown);
  if (left_) return mailbox_.close();
  outbox_.bell().ring();
}

void HttpExchange::cut_off_if_deaf() {
  if (!outbox_.is_over_limit()) return;
  spdlog::warn("http: cut off a client that does not read, bytes_unread={} responses={}",
               outbox_.num_bytes(), runner_.num_responses());
  runner_.end(Error{Errc::kSlowConsumer, "", ""}, CancelReason::kSlowConsumer);
  leave();
}

std::string HttpExchange::take_frames() {
  std::string frames;
  while (auto frame = outbox_.pop()) frames += *frame;
  return frames;
}

asio::awaitable<bool> HttpExchange::write(ClientStream& stream, HttpReply head) {
  auto writing = answer_->is_stream() ? write_stream(stream, std::move(head))
                                      : write_whole(stream, std::move(head));
  const bool is_whole = co_await std::move(writing);
  leave();
  co_return is_whole;
}

// One write for all that a step brought. The head leaves with the first of it, so that what is
// refused before still has its status.
asio::awaitable<bool> HttpExchange::write_stream(ClientStream& stream, HttpReply head) {
  const bool is_chunked = head.version() >= 11;
  const bool goes_on = is_chunked && head.keep_alive();
  head.set(http::field::content_type, "text/event-stream; charset=utf-8");
  head.set(http::field::cache_control, "no-cache");
  head.set("X-Accel-Buffering", "no");
  if (is_chunked)
    head.chunked(true);
  else
    head.keep_alive(false);
  bool has_head = false;
  bool is_due = false;
  for (;;) {
    std::string body = take_frames();
    if (left_) co_return false;
    const bool is_done = is_quiet();
    if (is_done && !has_head && body.empty() && answer_->error()) {
      auto writing = write_whole(stream, std::move(head));
      co_return co_await std::move(writing);
    }
    if (is_done) body += answer_->finish();
    if (body.empty() && is_due) body = kComment;
    if (!body.empty()) {
      std::string bytes = has_head ? std::string() : text_of(head.base());
      bytes += is_chunked ? chunk_of(body) : body;
      if (is_done && is_chunked) bytes += "0\r\n\r\n";
      if (!has_head) context_.metrics.count_http(head.result_int());
      has_head = true;
      const bool is_sent = co_await send(stream, std::move(bytes));
      if (!is_sent) co_return false;
    }
    if (is_done) co_return goes_on;
    runner_.decongest();
    if (!outbox_.is_empty() || is_quiet()) continue;
    auto rung = co_await outbox_.bell().wait_for(kKeepAliveComment);
    is_due = !std::get<0>(rung);
  }
}

asio::awaitable<bool> HttpExchange::write_whole(ClientStream& stream, HttpReply response) {
  while (!runner_.is_quiet() && !left_) co_await outbox_.bell().wait();
  if (left_) co_return false;
  if (answer_->error()) {
    set_error(*answer_->error(), response);
  } else {
    response.set(http::field::content_type, "application/json");
    response.body() = answer_->finish();
  }
  response.chunked(false);
  response.prepare_payload();
  const bool keep_alive = response.keep_alive();
  context_.metrics.count_http(response.result_int());
  const bool is_sent = co_await send(stream, text_of(response.base()) + response.body());
  if (!is_sent) co_return false;
  co_return keep_alive;
}

asio::awaitable<bool> HttpExchange::send(ClientStream& stream, std::string bytes) {
  stream.expires_after(context_.limits.write_timeout);
  auto written = co_await asio::async_write(stream, asio::buffer(bytes), kTuple);
  if (std::get<0>(written)) leave();
  co_return !std::get<0>(written);
}

}  // namespace octavo
