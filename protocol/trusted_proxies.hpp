// A client that comes through a proxy has the proxy's address, and says where it comes from only by
// what the proxy writes into the head. Anybody can write that. So it is believed of the proxies
// that the operator names, and of nobody else.
#pragma once

#include <array>
#include <boost/asio/ip/address.hpp>
#include <boost/beast/http/message.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "src/core/result.hpp"

namespace octavo {

namespace http = boost::beast::http;

class TrustedProxies {
 public:
  /// Nobody.
  TrustedProxies() = default;
  /// networks: addresses of IPv4 or IPv6, each perhaps with a prefix's length (`10.0.0.0/8`). One
  /// of IPv4 also holds the addresses of IPv6 that wrap those of it. Errors: kInvalidValue.
  [[nodiscard]] static Result<TrustedProxies> make(const std::vector<std::string>& networks);

  bool contains(const boost::asio::ip::address& address) const;

 private:
  struct Network {
    std::array<std::uint8_t, 16> bytes{};  ///< As one of IPv6.
    unsigned num_bits = 0;
  };
  std::vector<Network> networks_;
};

/// Whose request it is that came from `peer`: the last address on its way that is no trusted
/// proxy's, or the first of all where all are. The way is read from its end, and no further than it
/// can be read. X-Forwarded-For says it, and where there is none Forwarded (RFC 7239); never both,
/// for a proxy that writes one passes on what its client wrote into the other.
boost::asio::ip::address client_of(const boost::asio::ip::address& peer,
                                   const http::request_header<>& head,
                                   const TrustedProxies& proxies);

}  // namespace octavo
