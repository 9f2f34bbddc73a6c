// A connection and its client, over a real socket; no engine behind it.
#include "actors/connection.hpp"

#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/json/parse.hpp>
#include <thread>

#include "actors/listener.hpp"
#include "tests/support/catch.hpp"

using namespace octavo;

namespace {

/// Listens on a free port while it lives.
class Port {
 public:
  explicit Port(SessionLimits limits) : limits_(limits), engine_(io_.get_executor()) {
    auto opened = Listener::open(connections_, io_.get_executor(), "127.0.0.1", 0);
    REQUIRE(opened.has_value());
    listener_ = std::move(*opened);
    supervisor_.spawn(io_.get_executor(), "listener", listener_->run());
    thread_ = std::thread([this] { io_.run(); });
  }
  ~Port() {
    asio::post(io_, [this] {
      listener_->close();
      listener_->end();
    });
    thread_.join();  // Nothing is left to run once every connection has ended.
  }
  std::uint16_t number() const { return listener_->port(); }

 private:
  asio::io_context io_{1};
  SessionLimits limits_;
  ServedModel model_;
  HttpPolicy policy_;
  Metrics metrics_{"octavo"};
  std::atomic<std::uint64_t> next_request_{1};
  Mailbox<SchedulerMessage> engine_;
  EngineStatus status_;
  SessionContext sessions_{model_,
                           limits_,
                           metrics_,
                           engine_.address(),
                           io_.get_executor(),
                           next_request_,
                           "0",
                           [] { return TimePoint{}; },
                           [] { return std::int64_t{0}; },
                           {},
                           status_};
  Supervisor supervisor_{[](const ActorExited&) {}};
  ConnectionContext connections_{sessions_, policy_,
                                 [](const auto&) { return http::response<http::string_body>{}; },
                                 supervisor_};
  std::unique_ptr<Listener> listener_;
  std::thread thread_;
};

}  // namespace

TEST_CASE("a connection that has reached its age is told so and closed to come again") {
  SessionLimits limits;
  limits.max_age = std::chrono::minutes(0);
  const Port port(limits);
  asio::io_context io;
  beast::websocket::stream<asio::ip::tcp::socket> client(io);
  client.next_layer().connect({asio::ip::make_address("127.0.0.1"), port.number()});
  client.handshake("localhost", "/v1/responses");
  beast::flat_buffer buffer;
  client.read(buffer);
  const auto event = boost::json::parse(beast::buffers_to_string(buffer.cdata()));
  CHECK(event.at("type") == "error");
  CHECK(event.at("error").at("code") == "websocket_connection_limit_reached");
  boost::system::error_code error;
  client.read(buffer, error);
  CHECK(error == beast::websocket::error::closed);
  CHECK(client.reason().code == static_cast<std::uint16_t>(CloseCode::kGoingAway));
}
