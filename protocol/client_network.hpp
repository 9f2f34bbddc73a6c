// Limits that are for each address would be none for whoever has many: every customer of a network
// provider has 2^64 addresses of IPv6 or more. So connections are counted by the network that one
// customer has.
#pragma once

#include <boost/asio/ip/address.hpp>
#include <string>

namespace octavo {

/// The address itself for IPv4, also where it is wrapped in one of IPv6; otherwise the first 64
/// bits, as text.
std::string client_network_of(const boost::asio::ip::address& address);

}  // namespace octavo
