#include "tests/fuzz/wire.hpp"

#include <spdlog/spdlog.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdlib>

#include "tests/fuzz/support.hpp"

namespace octavo::fuzz {
namespace {

constexpr std::chrono::milliseconds kCloseTimeout{20};

asio::awaitable<HttpReply> answer(http::request<http::string_body>) {
  co_return make_reply(http::status::ok, "text/plain", "here");
}

std::int32_t small_house() {
  static const bool is_ready = [] {
    spdlog::set_level(spdlog::level::off);
    ::setenv("OCTAVO_TESTS_DIR", tests_folder().c_str(), 0);
    return true;
  }();
  return is_ready ? 64 : 0;
}

SessionLimits short_limits() {
  SessionLimits limits;
  limits.close_timeout = kCloseTimeout;
  return limits;
}

}  // namespace

Wire::Wire()
    : sim_(small_house(), short_limits()),
      context_{sim_.sessions, policy_, answer, sim_.supervisor} {
  sim_.settle();
  num_running_ = sim_.supervisor.num_running();
  std::array<int, 2> ends{};
  expect(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()) == 0, "no sockets");
  client_ = ends[0];
  // A connection is told that its socket is one of TCP; all that it does with it, this one can.
  asio::ip::tcp::socket server(sim_.io, asio::ip::tcp::v4(), ends[1]);
  const auto connection = std::make_shared<HttpConnection>(context_, std::move(server));
  sim_.supervisor.spawn(sim_.io.get_executor(), "connection", HttpConnection::serve(connection));
  sim_.settle();
}

Wire::~Wire() {
  if (client_ >= 0) ::close(client_);
}

bool Wire::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent = ::send(client_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
    sim_.settle();
  }
  return true;
}

std::string Wire::receive() {
  std::string received;
  std::array<char, 4096> piece{};
  for (;;) {
    const auto size = ::recv(client_, piece.data(), piece.size(), MSG_DONTWAIT);
    if (size <= 0) return received;
    received.append(piece.data(), static_cast<std::size_t>(size));
    sim_.settle();
  }
}

void Wire::leave() {
  ::close(std::exchange(client_, -1));
  sim_.settle();
  // A close handshake that the client did not finish has a time limit, by the real clock.
  for (int i = 0; i < 10 && sim_.supervisor.num_running() != num_running_; ++i) {
    sim_.io.restart();
    sim_.io.run_for(kCloseTimeout);
  }
  // What may be resumed runs on until its grace is over.
  sim_.advance_time(std::chrono::hours(1));
  sim_.settle();
  expect(sim_.supervisor.num_running() == num_running_, "a coroutine of the connection is left");
  if (!sim_.sessions.detached_runners.empty()) return;
  expect(sim_.ring.is_idle(), "the engine works for a client that has gone");
  const BlockAudit audit = sim_.ring.blocks().audit();
  expect(audit.is_consistent, audit.fault);
  expect(audit.device.num_owned == 0, "blocks of a client that has gone are held");
}

}  // namespace octavo::fuzz
