// The way to one client, in the clear or through TLS, as one type: HTTP and WebSocket code reads
// and writes here and does not know which of the two it is. In the clear everything goes to Beast's
// TCP stream as it is. With TLS the bytes pass through a TlsSession (src/access), and the same TCP
// stream with the same time limits carries what that makes of them.
//
// A read may want to send something of its own, a new key or an alert. It never waits for that:
// what the socket does not take at once leaves with the next write. So there is one writer at a
// time, as Beast demands. Thread: the io thread's only.
#pragma once

#include <algorithm>
#include <array>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/compose.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/websocket/teardown.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "src/access/tls_session.hpp"

namespace octavo {

namespace asio = boost::asio;
namespace beast = boost::beast;

/// What TLS adds to a connection. It may outlive its stream for as long as an operation ends.
class TlsTransport {
 public:
  TlsTransport(beast::tcp_stream& stream, const TlsContext& context)
      : stream(&stream), session(context) {}

  struct Progress {
    bool wants_input = false;
    boost::system::error_code error{};
    std::size_t num_bytes = 0;
  };
  /// The next bytes in the clear. error: asio::error::eof after the other side's last.
  Progress read(asio::mutable_buffer room);
  /// Encrypts as many of these bytes as one record holds.
  Progress write(std::string_view bytes);
  /// So many bytes of `arrived` have come, and perhaps more that is in the socket.
  void take_arrived(std::size_t num_bytes);
  /// Sends what the socket takes at once, unless somebody is writing.
  void send_at_once();

  beast::tcp_stream* stream;  ///< Null once the stream is gone.
  TlsSession session;
  /// Where a read waits for input. It is small, because connections wait most of the time and each
  /// has one; what more has come is then read at once through a buffer that all share.
  std::array<char, 16> arrived{};
  std::string sending;        ///< Records that the write under way is sending.
  bool is_writing = false;    ///< A write is under way.
  bool is_cancelled = false;  ///< The read under way ends as soon as it would wait again.
};

class ClientStream {
 public:
  using executor_type = beast::tcp_stream::executor_type;

  explicit ClientStream(asio::ip::tcp::socket socket) : tcp_(std::move(socket)) {}
  /// No operation is under way.
  ClientStream(ClientStream&& other) noexcept
      : tcp_(std::move(other.tcp_)), tls_(std::move(other.tls_)) {
    if (tls_) tls_->stream = &tcp_;
  }
  ClientStream& operator=(ClientStream&&) = delete;
  ~ClientStream() {
    if (tls_) tls_->stream = nullptr;
  }

  executor_type get_executor() noexcept { return tcp_.get_executor(); }
  beast::tcp_stream& next_layer() { return tcp_; }
  asio::ip::tcp::socket& socket() { return tcp_.socket(); }
  void expires_after(std::chrono::nanoseconds limit) { tcp_.expires_after(limit); }
  void expires_never() { tcp_.expires_never(); }
  bool is_secure() const { return tls_ != nullptr; }

  /// The server's side of a TLS handshake, of which `first` has come already. The stream's time
  /// limit holds. Answers nothing when it is done, or else what went wrong, in one line.
  asio::awaitable<std::string> handshake(TlsContext context, std::string first);
  /// Tells a client over TLS that nothing more comes, if the socket takes that at once.
  void say_end();
  /// The last bytes of a connection whose protocol can write no more, if the socket takes them at
  /// once. What is being written may be cut off by them.
  void say_last(std::string_view bytes);
  /// Says the end and closes; what is under way ends with an error.
  void close();
  /// Ends the read under way without losing a byte.
  void cancel_read();

  template <class Buffers, class Token>
  auto async_read_some(const Buffers& buffers, Token&& token) {
    return asio::async_initiate<Token, void(boost::system::error_code, std::size_t)>(
        StartRead{this}, token, buffers);
  }
  template <class Buffers, class Token>
  auto async_write_some(const Buffers& buffers, Token&& token) {
    return asio::async_initiate<Token, void(boost::system::error_code, std::size_t)>(
        StartWrite{this}, token, buffers);
  }

 private:
  using Signature = void(boost::system::error_code, std::size_t);
  using Shared = std::shared_ptr<TlsTransport>;

  struct ReadThroughTls {
    Shared tls;
    asio::mutable_buffer room;
    TlsTransport::Progress progress{};
    enum class State : std::uint8_t { kBegin, kArriving, kPosted } state = State::kBegin;

    template <class Self>
    void operator()(Self& self, boost::system::error_code error = {}, std::size_t num_bytes = 0) {
      if (state == State::kPosted) return self.complete(progress.error, progress.num_bytes);
      if (error) return self.complete(error, 0);
      const bool is_first = state == State::kBegin;
      if (!is_first) tls->take_arrived(num_bytes);
      progress = tls->read(room);
      if (progress.wants_input && !tls->is_cancelled && tls->stream != nullptr) {
        state = State::kArriving;
        auto& stream = *tls->stream;
        const auto arrived = asio::buffer(tls->arrived);
        return stream.async_read_some(arrived, std::move(self));
      }
      if (progress.wants_input) progress.error = asio::error::operation_aborted;
      if (!is_first) return self.complete(progress.error, progress.num_bytes);
      state = State::kPosted;  // Nobody is called back before the call has returned.
      post(*tls, self);
    }
  };

  struct WriteThroughTls {
    Shared tls;
    TlsTransport::Progress progress;  ///< How much of the plain bytes became records, or why none.
    std::size_t num_sent = 0;
    enum class State : std::uint8_t { kBegin, kSending, kPosted } state = State::kBegin;

    template <class Self>
    void operator()(Self& self, boost::system::error_code error = {}, std::size_t num_bytes = 0) {
      num_sent += num_bytes;
      if (state == State::kSending && num_sent >= tls->sending.size()) {
        tls->sending = tls->session.take_output();
        num_sent = 0;
      }
      const bool goes_on = !error && !progress.error && !tls->sending.empty();
      if (goes_on && state != State::kPosted && tls->stream != nullptr) {
        state = State::kSending;
        auto& stream = *tls->stream;
        const auto rest = asio::buffer(tls->sending) + num_sent;
        return stream.async_write_some(rest, std::move(self));
      }
      if (state == State::kBegin) {
        state = State::kPosted;
        return post(*tls, self);
      }
      tls->is_writing = false;
      tls->sending = std::string();
      if (!error) error = progress.error;
      self.complete(error, error ? 0 : progress.num_bytes);
    }
  };

  template <class Self>
  static void post(TlsTransport& tls, Self& self) {
    const auto executor = tls.stream->get_executor();
    asio::post(executor, std::move(self));
  }

  struct StartRead {
    ClientStream* stream;
    executor_type get_executor() const noexcept { return stream->get_executor(); }
    template <class Handler, class Buffers>
    void operator()(Handler&& handler, const Buffers& buffers) const {
      if (!stream->tls_) return stream->tcp_.async_read_some(buffers, std::move(handler));
      asio::mutable_buffer room;
      for (auto piece = asio::buffer_sequence_begin(buffers);
           piece != asio::buffer_sequence_end(buffers) && room.size() == 0; ++piece)
        room = *piece;
      stream->tls_->is_cancelled = false;
      asio::async_compose<Handler, Signature>(ReadThroughTls{stream->tls_, room}, handler,
                                              stream->get_executor());
    }
  };

  struct StartWrite {
    ClientStream* stream;
    executor_type get_executor() const noexcept { return stream->get_executor(); }
    template <class Handler, class Buffers>
    void operator()(Handler&& handler, const Buffers& buffers) const {
      if (!stream->tls_) return stream->tcp_.async_write_some(buffers, std::move(handler));
      TlsTransport& tls = *stream->tls_;
      // A frame's head and its payload are one record.
      std::string plain(std::min(asio::buffer_size(buffers), TlsSession::kMaxWrite), '\0');
      asio::buffer_copy(asio::buffer(plain), buffers);
      const auto progress = tls.write(plain);
      tls.is_writing = true;
      tls.sending = tls.session.take_output();
      asio::async_compose<Handler, Signature>(WriteThroughTls{stream->tls_, progress}, handler,
                                              stream->get_executor());
    }
  };

  beast::tcp_stream tcp_;
  Shared tls_;  ///< Null in the clear.
};

/// Beast ends a WebSocket's connection by these.
template <class Handler>
void async_teardown(beast::role_type role, ClientStream& stream, Handler&& handler) {
  stream.say_end();
  beast::websocket::async_teardown(role, stream.socket(), std::forward<Handler>(handler));
}
void teardown(beast::role_type role, ClientStream& stream, boost::system::error_code& error);

}  // namespace octavo
