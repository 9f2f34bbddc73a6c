#include "actors/transport/client_stream.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

namespace octavo {
namespace {

constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);

TlsTransport::Progress progress_of(const TlsSession::Moved& moved) {
  TlsTransport::Progress progress;
  progress.num_bytes = moved.num_bytes;
  progress.wants_input = moved.step == TlsSession::Step::kWantsInput;
  if (moved.step == TlsSession::Step::kClosed) progress.error = asio::error::eof;
  if (moved.step == TlsSession::Step::kFailed) progress.error = asio::error::connection_aborted;
  return progress;
}

}  // namespace

TlsTransport::Progress TlsTransport::read(asio::mutable_buffer room) {
  if (room.size() == 0) return {};
  const auto moved = session.read(static_cast<char*>(room.data()), room.size());
  send_at_once();
  return progress_of(moved);
}

TlsTransport::Progress TlsTransport::write(std::string_view bytes) {
  if (bytes.empty()) return {};
  Progress progress = progress_of(session.write(bytes));
  // Nobody may be asked for a new handshake, so there is nothing that a write could wait for.
  if (progress.wants_input) progress.error = asio::error::connection_aborted;
  return progress;
}

void TlsTransport::take_arrived(std::size_t num_bytes) {
  session.put_input({arrived.data(), num_bytes});
  if (stream == nullptr || num_bytes < arrived.size()) return;
  thread_local std::array<char, TlsSession::kMaxWrite> more;
  boost::system::error_code none;
  const std::size_t size = stream->socket().read_some(asio::buffer(more), none);
  session.put_input({more.data(), size});  // An end or a fault is met by the next read, too.
}

void TlsTransport::send_at_once() {
  if (is_writing || stream == nullptr || session.num_output_bytes() == 0) return;
  std::string output = session.take_output();
  boost::system::error_code ignored;
  const std::size_t size = stream->socket().write_some(asio::buffer(output), ignored);
  session.put_output_back(output.substr(size));
}

asio::awaitable<std::string> ClientStream::handshake(TlsContext context, std::string first) {
  boost::system::error_code error;
  tcp_.socket().non_blocking(true, error);
  tls_ = std::make_shared<TlsTransport>(tcp_, context);
  tls_->session.put_input(first);
  for (;;) {
    const TlsSession::Step step = tls_->session.handshake();
    std::string output = tls_->session.take_output();
    if (!output.empty()) {
      auto written = co_await asio::async_write(tcp_, asio::buffer(output), kTuple);
      if (std::get<0>(written)) co_return std::get<0>(written).message();
    }
    if (step == TlsSession::Step::kDone) co_return "";
    if (step != TlsSession::Step::kWantsInput) co_return tls_->session.fault();
    auto read = co_await tcp_.async_read_some(asio::buffer(tls_->arrived), kTuple);
    if (std::get<0>(read)) co_return std::get<0>(read).message();
    tls_->take_arrived(std::get<1>(read));
  }
}

void ClientStream::say_end() {
  if (!tls_ || tls_->is_writing) return;
  tls_->session.close();
  tls_->send_at_once();
}

void ClientStream::say_last(std::string_view bytes) {
  if (tls_) {
    if (tls_->is_writing) return;
    tls_->write(bytes);
    return tls_->send_at_once();
  }
  boost::system::error_code ignored;
  tcp_.socket().non_blocking(true, ignored);
  tcp_.socket().write_some(asio::buffer(bytes.data(), bytes.size()), ignored);
}

void ClientStream::close() {
  say_end();
  boost::system::error_code ignored;
  tcp_.socket().close(ignored);
  tcp_.cancel();
}

void ClientStream::cancel_read() {
  if (tls_) tls_->is_cancelled = true;
  boost::system::error_code ignored;
  tcp_.socket().cancel(ignored);
}

void teardown(beast::role_type role, ClientStream& stream, boost::system::error_code& error) {
  stream.say_end();
  beast::websocket::teardown(role, stream.socket(), error);
}

}  // namespace octavo
