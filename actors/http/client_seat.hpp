// Connections of a proxy carry the requests of many clients in turn. So they do not count for the
// proxy's address: a client of one has its seat among the connections of its own address while its
// request is answered, or its WebSocket lives, and each such request is a connection that it opens.
#pragma once

#include <boost/asio/ip/address.hpp>
#include <functional>
#include <optional>
#include <string>

#include "protocol/http_checks.hpp"
#include "src/access/connection_gate.hpp"

namespace octavo {

class ClientSeat {
 public:
  /// proxy: where the connection comes from, if that is a trusted proxy; otherwise its address has
  /// been counted, and nothing is done here. Gate and policy outlive the seat.
  ClientSeat(ConnectionGate& gate, const HttpPolicy& policy, std::function<TimePoint()> clock,
             std::optional<boost::asio::ip::address> proxy)
      : gate_(gate), policy_(policy), clock_(std::move(clock)), proxy_(std::move(proxy)) {}
  ~ClientSeat() { leave(); }
  ClientSeat(const ClientSeat&) = delete;
  ClientSeat& operator=(const ClientSeat&) = delete;

  /// For the client whose request has this head. Answers how it is refused, or nothing.
  std::optional<HttpRefusal> take(const http::request_header<>& head);
  void leave();

  bool is_proxied() const { return proxy_.has_value(); }

 private:
  ConnectionGate& gate_;
  const HttpPolicy& policy_;
  std::function<TimePoint()> clock_;
  std::optional<boost::asio::ip::address> proxy_;
  std::optional<std::string> network_;  ///< Whose seat is taken.
};

}  // namespace octavo
