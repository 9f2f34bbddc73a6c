#include "actors/listener.hpp"

#include <spdlog/spdlog.h>
#include <sys/socket.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <new>
#include <utility>

#include "protocol/client_network.hpp"

namespace octavo {

using asio::ip::tcp;

Result<std::unique_ptr<Listener>> Listener::open(ConnectionContext& context,
                                                 const asio::any_io_executor& executor,
                                                 const std::string& host, std::uint16_t port) {
  const auto failed = [&](const std::string& what, const boost::system::error_code& error) {
    return Error{
        Errc::kIo,
        "cannot " + what + " " + host + ":" + std::to_string(port) + ": " + error.message(), ""};
  };
  boost::system::error_code error;
  tcp::resolver resolver(executor);
  const auto resolved = resolver.resolve(host, std::to_string(port), tcp::resolver::passive, error);
  if (error || resolved.empty()) return failed("resolve", error);
  const tcp::endpoint endpoint = resolved.begin()->endpoint();
  tcp::acceptor acceptor(executor);
  acceptor.open(endpoint.protocol(), error);
  if (error) return failed("open", error);
  acceptor.set_option(asio::socket_base::reuse_address(true), error);
  acceptor.bind(endpoint, error);
  if (error) return failed("listen on", error);
  acceptor.listen(4096, error);
  if (error) return failed("listen on", error);
  return std::make_unique<Listener>(context, std::move(acceptor));
}

Result<std::unique_ptr<Listener>> Listener::adopt(ConnectionContext& context,
                                                  const asio::any_io_executor& executor,
                                                  int descriptor) {
  sockaddr_storage address{};
  socklen_t size = sizeof(address);
  boost::system::error_code error;
  if (::getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &size) != 0)
    error.assign(errno, boost::system::system_category());
  tcp::acceptor acceptor(executor);
  if (!error)
    acceptor.assign(address.ss_family == AF_INET6 ? tcp::v6() : tcp::v4(), descriptor, error);
  if (!error) return std::make_unique<Listener>(context, std::move(acceptor));
  return Error{Errc::kIo, "cannot listen on the socket that was passed: " + error.message(), ""};
}

Listener::Listener(ConnectionContext& context, tcp::acceptor acceptor)
    : context_(context), acceptor_(std::move(acceptor)), pause_(acceptor_.get_executor()) {
  boost::system::error_code ignored;
  endpoint_ = acceptor_.local_endpoint(ignored);
}

asio::awaitable<void> Listener::run() {
  constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);
  while (acceptor_.is_open()) {
    auto accepted = co_await acceptor_.async_accept(kTuple);
    const boost::system::error_code error = std::get<0>(accepted);
    if (error == asio::error::operation_aborted || error == asio::error::bad_descriptor) co_return;
    if (error) {  // Out of file descriptors, most likely: wait for connections to end instead of
                  // spinning.
      spdlog::warn("listener: accept failed error=\"{}\"", error.message());
      pause_.expires_after(std::chrono::milliseconds(100));
      co_await pause_.async_wait(kTuple);
      continue;
    }
    try {
      take_in(std::move(std::get<1>(accepted)));
    } catch (const std::bad_alloc&) {  // The connection is closed, and the next may fit.
      spdlog::error("listener: no memory was left for a connection");
    }
  }
}

// A listening socket that is closed resets whoever has connected and was not accepted yet.
void Listener::take_waiting() {
  boost::system::error_code error;
  acceptor_.non_blocking(true, error);
  while (!error) {
    tcp::socket socket(acceptor_.get_executor());
    acceptor_.accept(socket, error);
    if (!error) take_in(std::move(socket));
  }
}

void Listener::take_in(tcp::socket socket) {
  boost::system::error_code error;
  const tcp::endpoint remote = socket.remote_endpoint(error);
  if (error) return;  // It has gone already.
  const bool is_proxied = context_.policy.proxies.contains(remote.address());
  const std::string network = is_proxied ? "" : client_network_of(remote.address());
  const TimePoint now = context_.sessions.clock();
  const Entrance entrance =
      is_proxied ? context_.gate.enter_connection() : context_.gate.enter(network, now);
  if (entrance == Entrance::kOpen) {
    std::optional<asio::ip::address> proxy;
    if (is_proxied) proxy = remote.address();
    auto connection =
        std::make_shared<HttpConnection>(context_, std::move(socket), std::move(proxy));
    if (is_draining_) connection->drain("draining", {});
    context_.supervisor.spawn(acceptor_.get_executor(), "session.read",
                              serve(this, std::move(connection), network));
    return;
  }
  HttpRefusal refusal = refusal_of(entrance);
  if (log_lines_.take(now)) {
    spdlog::warn("listener: refuses a connection from={} open={} reason=\"{}\"",
                 client_network_of(remote.address()), num_connections(), refusal.message);
  }
  if (num_refusing_ >= kMaxRefusing) return;  // The socket closes by itself.
  auto connection = std::make_shared<HttpConnection>(context_, std::move(socket));
  context_.supervisor.spawn(acceptor_.get_executor(), "listener.refuse",
                            refuse(this, std::move(connection), std::move(refusal)));
}

asio::awaitable<void> Listener::refuse(Listener* self, std::shared_ptr<HttpConnection> connection,
                                       HttpRefusal refusal) {
  ++self->num_refusing_;
  const auto place = self->connections_.insert(self->connections_.end(), connection);
  auto refusing = HttpConnection::turn_away(connection, std::move(refusal));
  co_await std::move(refusing);
  self->connections_.erase(place);
  --self->num_refusing_;
}

// Its place is given back whatever ends it.
class Listener::Presence {
 public:
  Presence(Listener& listener, const std::shared_ptr<HttpConnection>& connection,
           std::string network)
      : listener_(listener),
        place_(listener.connections_.insert(listener.connections_.end(), connection)),
        network_(std::move(network)) {
    tell();
  }
  ~Presence() {
    listener_.connections_.erase(place_);
    if (network_.empty())
      listener_.context_.gate.leave_connection();
    else
      listener_.context_.gate.leave(network_, listener_.context_.sessions.clock());
    if (listener_.num_connections() == 0 && listener_.on_empty_) listener_.on_empty_();
    tell();
  }
  Presence(const Presence&) = delete;
  Presence& operator=(const Presence&) = delete;

 private:
  void tell() {
    listener_.context_.sessions.metrics.num_connections().Set(
        static_cast<double>(listener_.num_connections()));
  }

  Listener& listener_;
  std::list<std::weak_ptr<HttpConnection>>::iterator place_;
  std::string network_;
};

asio::awaitable<void> Listener::serve(Listener* self, std::shared_ptr<HttpConnection> connection,
                                      std::string network) {
  const Presence presence(*self, connection, std::move(network));
  try {
    co_await HttpConnection::serve(connection);
  } catch (const std::bad_alloc&) {
    spdlog::error("listener: no memory was left for what a client wanted; its connection is ended");
  }
}

void Listener::close() {
  boost::system::error_code ignored;
  acceptor_.close(ignored);
  pause_.cancel();
}

void Listener::for_each(const std::function<void(HttpConnection&)>& action) {
  const std::list<std::weak_ptr<HttpConnection>> present = connections_;
  for (const auto& weak : present) {
    if (const auto connection = weak.lock()) action(*connection);
  }
}

void Listener::drain(std::chrono::milliseconds time_left) {
  is_draining_ = true;
  take_waiting();
  close();
  for_each([time_left](HttpConnection& connection) { connection.drain("draining", time_left); });
}

void Listener::end_revoked() {
  const auto runners = context_.sessions.detached_runners;
  for (ResponseRunner* runner : runners) {
    if (runner->account().is_revoked())
      runner->end({Errc::kInvalidApiKey, "the API key was revoked", ""}, CancelReason::kShutdown);
  }
  for_each([](HttpConnection& connection) { connection.end_if_revoked(); });
}

void Listener::end(const Error& error) {
  close();
  // Responses whose own connection is gone end first, so that connections which have resumed them
  // still hear the end.
  const auto runners = context_.sessions.detached_runners;
  for (ResponseRunner* runner : runners) runner->end(error, CancelReason::kShutdown);
  for_each([&error](HttpConnection& connection) { connection.end(error); });
}

}  // namespace octavo
