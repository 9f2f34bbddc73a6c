// Real sockets of one machine, in one thread: what happens is waited for, never timed.
#include "actors/listener.hpp"

#include <boost/asio/read.hpp>

#include "tests/support/catch.hpp"
#include "tests/support/sim.hpp"

using namespace octavo;
using asio::ip::tcp;

namespace {

asio::awaitable<http::response<http::string_body>> answer_nothing(
    http::request<http::string_body>) {
  co_return http::response<http::string_body>{};
}

SessionLimits limits_with(const GateLimits& gate) {
  SessionLimits limits;
  limits.gate = gate;
  return limits;
}

/// What a listener needs around it, with room for these connections.
struct House {
  explicit House(const GateLimits& gate) : limits(limits_with(gate)) {}

  asio::io_context io{1};
  SessionLimits limits;
  ServedModel model = testing::sim_model();
  HttpPolicy policy;
  Metrics metrics{MetricScope{"octavo", "sim"}};
  std::atomic<std::uint64_t> next_request{1};
  Mailbox<SchedulerMessage> engine{io.get_executor()};
  EngineStatus status;
  Desk desk{io.get_executor(), io.get_executor(), 1};
  SessionContext sessions{model,
                          limits,
                          metrics,
                          engine.address(),
                          desk,
                          next_request,
                          "0",
                          [] { return TimePoint{}; },
                          [] { return std::int64_t{0}; },
                          {},
                          status};
  Supervisor supervisor{[](const ActorExited&) {}};
  ConnectionContext connections{sessions, policy, answer_nothing, supervisor};

  Result<std::unique_ptr<Listener>> open(const std::string& host, std::uint16_t port) {
    return Listener::open(connections, io.get_executor(), host, port);
  }
  /// Listens on a free port and takes connections in.
  std::unique_ptr<Listener> listen() {
    auto opened = open("127.0.0.1", 0);
    REQUIRE(opened.has_value());
    supervisor.spawn(io.get_executor(), "listener", (*opened)->run());
    return std::move(*opened);
  }
  tcp::socket client_of(const Listener& listener) {
    tcp::socket client(io);
    client.connect({listener.address(), listener.port()});
    return client;
  }
  /// Runs what is ready, and waits for more, until it is so.
  template <class Condition>
  void run_until(const Condition& is_so) {
    while (!is_so()) REQUIRE(io.run_one() > 0);
  }
};

}  // namespace

TEST_CASE("a listener that leaves the port open is told which one it has") {
  House house({.max_connections = 10});
  const auto opened = house.open("127.0.0.1", 0);
  REQUIRE(opened.has_value());
  CHECK((*opened)->port() != 0);
  CHECK((*opened)->address() == asio::ip::make_address("127.0.0.1"));
  CHECK((*opened)->num_connections() == 0);
}

TEST_CASE("what cannot be listened on is refused with its address") {
  House house({.max_connections = 10});
  const auto first = house.open("127.0.0.1", 0);
  REQUIRE(first.has_value());
  const auto taken = house.open("127.0.0.1", (*first)->port());
  REQUIRE_FALSE(taken.has_value());
  CHECK(taken.error().code == Errc::kIo);
  const std::string address = "127.0.0.1:" + std::to_string((*first)->port());
  CHECK(taken.error().detail.starts_with("cannot listen on " + address + ": "));
  // An address that is reserved for documents and nobody's.
  const auto foreign = house.open("192.0.2.1", 0);
  REQUIRE_FALSE(foreign.has_value());
  CHECK(foreign.error().detail.find("192.0.2.1:0") != std::string::npos);
}

TEST_CASE("connections are counted while they last, and the last to leave is told of") {
  House house({.max_connections = 10});
  const auto listener = house.listen();
  int num_empty = 0;
  listener->on_empty([&] { ++num_empty; });
  {
    const tcp::socket one = house.client_of(*listener);
    const tcp::socket two = house.client_of(*listener);
    house.run_until([&] { return listener->num_connections() == 2; });
    CHECK(house.metrics.num_connections().Value() == 2.0);
    CHECK(num_empty == 0);
  }
  house.run_until([&] { return listener->num_connections() == 0; });
  CHECK(num_empty == 1);
  CHECK(house.metrics.num_connections().Value() == 0.0);
  listener->close();
  house.io.run();
}

namespace {

/// All that comes on the socket until its end.
std::string read_to_end(House& house, tcp::socket& socket) {
  std::string text;
  boost::system::error_code error;
  bool has_ended = false;
  asio::async_read(socket, asio::dynamic_buffer(text),
                   [&](boost::system::error_code why, std::size_t) {
                     error = why;
                     has_ended = true;
                   });
  house.run_until([&] { return has_ended; });
  CHECK(error == asio::error::eof);
  return text;
}

}  // namespace

TEST_CASE("a connection beyond the limit is told to come again, and takes no place") {
  House house({.max_connections = 1});
  const auto listener = house.listen();
  const tcp::socket first = house.client_of(*listener);
  house.run_until([&] { return listener->num_connections() == 1; });
  tcp::socket second = house.client_of(*listener);
  const std::string text = read_to_end(house, second);
  CHECK(text.starts_with("HTTP/1.1 503 "));
  CHECK(text.find("Retry-After: 1\r\n") != std::string::npos);
  CHECK(text.find("too_many_connections") != std::string::npos);
  CHECK(listener->num_connections() == 1);
  listener->close();
  listener->end(Error{Errc::kServerDraining, "", ""});
  second.close();
  house.io.run();
  CHECK(listener->num_connections() == 0);
}

TEST_CASE("an address that has its connections, or opens them too fast, is told so") {
  const bool is_fast = GENERATE(false, true);
  GateLimits limits;
  (is_fast ? limits.max_handshakes_per_address : limits.max_per_address) = 1;
  House house(limits);
  const auto listener = house.listen();
  tcp::socket first = house.client_of(*listener);
  house.run_until([&] { return listener->num_connections() == 1; });
  tcp::socket second = house.client_of(*listener);
  const std::string text = read_to_end(house, second);
  CHECK(text.starts_with("HTTP/1.1 429 "));
  CHECK(text.find(is_fast ? "--max-handshakes-per-address" : "--max-connections-per-address") !=
        std::string::npos);
  listener->end(Error{Errc::kServerDraining, "", ""});
  second.close();
  house.io.run();
}

TEST_CASE("of refused connections no more wait for their answer than there is room for") {
  House house({.max_connections = 1});
  const auto listener = house.listen();
  const tcp::socket first = house.client_of(*listener);
  house.run_until([&] { return listener->num_connections() == 1; });
  std::vector<tcp::socket> crowd;
  for (int i = 0; i < 300; ++i) crowd.push_back(house.client_of(*listener));
  std::size_t num_answered = 0;
  std::size_t num_ended = 0;
  for (tcp::socket& each : crowd) {
    auto text = std::make_shared<std::string>();
    asio::async_read(each, asio::dynamic_buffer(*text),
                     [&, text](boost::system::error_code, std::size_t) {
                       num_answered += text->empty() ? 0 : 1;
                       ++num_ended;
                     });
  }
  house.run_until([&] { return num_ended == crowd.size(); });
  CHECK(num_answered >= 256);
  CHECK(listener->num_connections() == 1);
  listener->end(Error{Errc::kServerDraining, "", ""});
  crowd.clear();
  house.io.run();
  CHECK(house.supervisor.num_running() == 0);
}

TEST_CASE("a listener that closes takes nobody in, but leaves its connections be") {
  House house({.max_connections = 10});
  const auto listener = house.listen();
  const tcp::socket client = house.client_of(*listener);
  house.run_until([&] { return listener->num_connections() == 1; });
  listener->close();
  house.run_until([&] { return house.supervisor.num_running() == 1; });
  CHECK(listener->num_connections() == 1);
  tcp::socket late(house.io);
  boost::system::error_code error;
  late.connect({asio::ip::make_address("127.0.0.1"), listener->port()}, error);
  CHECK(error == asio::error::connection_refused);
  listener->end(Error{Errc::kServerDraining, "", ""});
  house.io.run();
  CHECK(house.supervisor.num_running() == 0);
  CHECK(listener->num_connections() == 0);
}
