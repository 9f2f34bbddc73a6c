#include "protocol/client_network.hpp"

#include "tests/support/catch.hpp"

using namespace octavo;

TEST_CASE("connections are counted by the network that one customer has") {
  const auto network = [](const char* address) {
    return client_network_of(boost::asio::ip::make_address(address));
  };
  CHECK(network("192.0.2.7") == "192.0.2.7");
  CHECK(network("::ffff:192.0.2.7") == "192.0.2.7");
  CHECK(network("2001:db8:1:2:3:4:5:6") == "2001:db8:1:2::/64");
  CHECK(network("2001:db8:1:2::9") == network("2001:db8:1:2:ffff::1"));
  CHECK(network("2001:db8:1:3::9") != network("2001:db8:1:2::9"));
}
