// The production connection with an echo in place of the engine, for the conformance cases: what
// they see of frames, closes and limits is the server's own. It prints its port, and serves until
// its standard input ends.
#include <spdlog/spdlog.h>

#include <unistd.h>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/http/read.hpp>
#include <cstdio>

#include "actors/websocket/websocket_connection.hpp"

namespace octavo {
namespace {

constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);

class EchoConnection final : public WebSocketConnection {
 public:
  using WebSocketConnection::WebSocketConnection;

 private:
  void receive(std::string_view message) override { outbox().push(std::string(message)); }
};

SessionLimits limits_of_cases() {
  SessionLimits limits;
  limits.max_message_bytes = std::size_t{64} << 20;
  limits.compresses_websockets = true;
  limits.max_fragments = std::size_t{1} << 20;
  return limits;
}

class EchoServer {
 public:
  explicit EchoServer(asio::io_context& io)
      : io_(io), acceptor_(io, {asio::ip::address_v4::loopback(), 0}) {
    supervisor_.spawn(io_.get_executor(), "accept", accept(this));
  }
  std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

 private:
  static asio::awaitable<void> accept(EchoServer* self) {
    for (;;) {
      auto accepted = co_await self->acceptor_.async_accept(kTuple);
      if (std::get<0>(accepted)) co_return;
      self->supervisor_.spawn(self->io_.get_executor(), "serve",
                              serve(self, ClientStream(std::move(std::get<1>(accepted)))));
    }
  }
  static asio::awaitable<void> serve(EchoServer* self, ClientStream stream) {
    beast::flat_buffer buffer;
    http::request<http::string_body> upgrade;
    auto read = co_await http::async_read(stream, buffer, upgrade, kTuple);
    if (std::get<0>(read)) co_return;
    auto connection = std::make_shared<EchoConnection>(self->sessions_, self->supervisor_,
                                                       std::move(stream), Caller{});
    co_await WebSocketConnection::serve(connection, std::move(upgrade));
  }

  asio::io_context& io_;
  asio::ip::tcp::acceptor acceptor_;
  SessionLimits limits_ = limits_of_cases();
  ServedModel model_;
  Metrics metrics_{MetricScope{"octavo", "echo"}};
  EngineStatus status_;
  std::atomic<std::uint64_t> next_request_{1};
  Desk desk_{io_.get_executor(), io_.get_executor(), 1};
  SessionContext sessions_{model_,
                           limits_,
                           metrics_,
                           {},
                           desk_,
                           next_request_,
                           "echo",
                           [] { return TimePoint{}; },
                           [] { return std::int64_t{0}; },
                           {},
                           status_};
  Supervisor supervisor_{[](const ActorExited& exited) {
    if (exited.error) std::rethrow_exception(exited.error);
  }};
};

}  // namespace
}  // namespace octavo

int main() {
  namespace asio = boost::asio;
  spdlog::set_level(spdlog::level::err);
  asio::io_context io(1);
  const octavo::EchoServer server(io);
  asio::posix::stream_descriptor input(io, ::dup(STDIN_FILENO));
  char byte = 0;
  asio::async_read(input, asio::buffer(&byte, 1),
                   [&](const boost::system::error_code&, std::size_t) { io.stop(); });
  std::printf("%u\n", static_cast<unsigned>(server.port()));
  std::fflush(stdout);
  io.run();
  return 0;
}
