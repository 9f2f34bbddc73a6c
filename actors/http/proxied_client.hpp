// A proxy's connection carries the requests of many clients in turn, so limits for an address must
// not count it as one client's. This counts the client of the request at hand among the
// connections of its own address, until the request is answered or its WebSocket has ended. For
// the rate of new connections each such request is one.
#pragma once

#include <boost/asio/ip/address.hpp>
#include <functional>
#include <optional>
#include <string>

#include "protocol/http_checks.hpp"
#include "src/access/connection_gate.hpp"

namespace octavo {

class ProxiedClient {
 public:
  /// proxy: where the connection comes from, if that is a trusted proxy; otherwise its address has
  /// been counted, and nothing is done here. Gate and policy outlive this object.
  ProxiedClient(ConnectionGate& gate, const HttpPolicy& policy, std::function<TimePoint()> clock,
                std::optional<boost::asio::ip::address> proxy)
      : gate_(gate), policy_(policy), clock_(std::move(clock)), proxy_(std::move(proxy)) {}
  ~ProxiedClient() { leave(); }
  ProxiedClient(const ProxiedClient&) = delete;
  ProxiedClient& operator=(const ProxiedClient&) = delete;

  /// Counts the client whose request has this head. Answers how it is refused, or nothing.
  std::optional<HttpRefusal> enter(const http::request_header<>& head);
  /// Its request has been answered.
  void leave();

  /// Whether the connection is that of a trusted proxy.
  bool is_proxied() const { return proxy_.has_value(); }

 private:
  ConnectionGate& gate_;
  const HttpPolicy& policy_;
  std::function<TimePoint()> clock_;
  std::optional<boost::asio::ip::address> proxy_;
  std::optional<std::string> counted_for_;  ///< The network of the client that is counted now.
};

}  // namespace octavo
