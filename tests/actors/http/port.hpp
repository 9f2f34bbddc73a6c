// A listener with its connections on a thread of their own, for clients over real sockets. The test
// is the engine: it sees what the sessions submit, and answers.
#pragma once

#include <boost/beast/core/buffers_to_string.hpp>
#include <future>
#include <thread>

#include "actors/listener.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/sim.hpp"

namespace octavo::testing {

using HttpRequest = http::request<http::string_body>;

inline asio::awaitable<HttpReply> answer_nothing(HttpRequest) { co_return HttpReply{}; }

/// Listens on a free port while it lives.
class Port {
 public:
  explicit Port(SessionLimits limits, HttpPolicy policy = {}, HttpHandler handler = answer_nothing)
      : limits_(limits),
        policy_(std::move(policy)),
        engine_(io_.get_executor()),
        connections_{sessions_, policy_, std::move(handler), supervisor_} {
    auto opened = Listener::open(connections_, io_.get_executor(), "127.0.0.1", 0);
    REQUIRE(opened.has_value());
    listener_ = std::move(*opened);
    supervisor_.spawn(io_.get_executor(), "listener", listener_->run());
    thread_ = std::thread([this] { io_.run(); });
  }
  ~Port() {
    asio::post(io_, [this] {
      listener_->close();
      listener_->end(Error{Errc::kServerDraining, "", ""});
    });
    thread_.join();  // Nothing is left to run once every connection has ended.
  }
  std::uint16_t number() const { return listener_->port(); }
  asio::any_io_executor executor() { return io_.get_executor(); }
  void drain() {
    asio::post(io_, [this] { listener_->drain(std::chrono::seconds(1)); });
  }
  /// The next message of this kind that a session sends the engine; others are dropped.
  template <class Message>
  Message next() {
    for (;;) {
      auto message = engine_.try_receive();
      auto* found = message ? std::get_if<Message>(&*message) : nullptr;
      if (found != nullptr) return std::move(*found);
      std::this_thread::yield();
    }
  }
  /// Connections that have not left yet.
  std::size_t num_connections() {
    std::promise<std::size_t> counted;
    asio::post(io_, [&] { counted.set_value(listener_->num_connections()); });
    return counted.get_future().get();
  }
  octavo::Request next_request() { return next<SubmitRequest>().request; }
  /// The server ends every connection with this error.
  void end(const Error& error) {
    asio::post(io_, [this, error] { listener_->end(error); });
  }

 private:
  asio::io_context io_{1};
  SessionLimits limits_;
  ServedModel model_ = sim_model();
  HttpPolicy policy_;
  Metrics metrics_{MetricScope{"octavo", "m"}};
  std::atomic<std::uint64_t> next_request_{1};
  Mailbox<SchedulerMessage> engine_;
  EngineStatus status_;
  Desk desk_{io_.get_executor(), io_.get_executor(), 1};
  SessionContext sessions_{model_,
                           limits_,
                           metrics_,
                           engine_.address(),
                           desk_,
                           next_request_,
                           "0",
                           [] { return TimePoint{}; },
                           [] { return std::int64_t{0}; },
                           {},
                           status_};
  Supervisor supervisor_{[](const ActorExited&) {}};
  ConnectionContext connections_;
  std::unique_ptr<Listener> listener_;
  std::thread thread_;
};

}  // namespace octavo::testing
