// A web page of a stranger may let its own name point to this machine, and then its requests are
// same-origin to the browser and its Origin proves nothing (DNS rebinding). What the page cannot
// change is the name that the browser puts into Host. A server that only this machine can reach is
// therefore asked for by names of this machine alone, and by what its operator adds.
#pragma once

#include <boost/asio/ip/address.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "src/core/result.hpp"

namespace octavo {

/// A host and a port as a Host field or an origin has them (RFC 9110, section 7.2; RFC 3986,
/// section 3.2).
struct Authority {
  std::string host;  ///< In lower case, without brackets and without the dot that ends a full name.
  std::optional<boost::asio::ip::address> address;  ///< When the host is one.
  std::optional<std::uint16_t> port;

  bool is_same_host(const Authority& other) const;
};

/// Nothing for what is no authority, or has user information, a zone, or percent signs.
std::optional<Authority> parse_authority(std::string_view text);

class AllowedHosts {
 public:
  /// Names of this machine and nothing else.
  AllowedHosts() = default;

  /// bound: what the server listens on. name: what the operator called that, perhaps a host name.
  /// allowed: further hosts, each perhaps with a port; "*" allows all. Without a list a server that
  /// other machines can reach is asked for by any name. Errors: kInvalidValue for an entry that is
  /// not a host.
  [[nodiscard]] static Result<AllowedHosts> make(const boost::asio::ip::address& bound,
                                                 std::string_view name,
                                                 const std::vector<std::string>& allowed);

  bool accepts(const Authority& host) const;

 private:
  bool accepts_all_ = false;
  std::vector<Authority> allowed_;
};

}  // namespace octavo
