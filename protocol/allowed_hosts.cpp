#include "protocol/allowed_hosts.hpp"

#include <algorithm>
#include <charconv>

namespace octavo {
namespace {

namespace ip = boost::asio::ip;

// An IPv6 address that only wraps one of IPv4 is that one.
ip::address unwrapped(const ip::address& address) {
  if (!address.is_v6() || !address.to_v6().is_v4_mapped()) return address;
  return ip::make_address_v4(ip::v4_mapped, address.to_v6());
}

bool is_name_character(char c) {
  const bool is_alphanumeric =
      (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  return is_alphanumeric || std::string_view("-._~!$&'()*+,;=").find(c) != std::string_view::npos;
}

// RFC 3986 lets a port be empty; it is then none.
bool read_port(std::string_view digits, std::optional<std::uint16_t>& port) {
  if (digits.empty()) return true;
  std::uint16_t value = 0;
  const char* end = digits.data() + digits.size();
  const auto [rest, error] = std::from_chars(digits.data(), end, value);
  port = value;
  return error == std::errc() && rest == end;
}

bool read_ipv6(std::string_view text, Authority& authority) {
  boost::system::error_code error;
  const auto address = ip::make_address_v6(std::string(text), error);
  if (error || text.find('%') != std::string_view::npos) return false;
  authority.address = unwrapped(address);
  return true;
}

bool read_name(std::string_view text, Authority& authority) {
  if (text.ends_with('.')) text.remove_suffix(1);
  if (text.empty() || !std::all_of(text.begin(), text.end(), is_name_character)) return false;
  for (char c : text) authority.host += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  boost::system::error_code error;
  const auto address = ip::make_address_v4(authority.host, error);
  if (!error) authority.address = address;
  return true;
}

// RFC 6761, section 6.3: these names never leave the machine, whatever comes before them.
bool is_localhost(std::string_view host) {
  constexpr std::string_view kSuffix = ".localhost";
  if (host == kSuffix.substr(1)) return true;
  if (!host.ends_with(kSuffix)) return false;
  host.remove_suffix(kSuffix.size());
  return !host.empty() && host.front() != '.' && host.back() != '.' &&
         host.find("..") == std::string_view::npos;
}

}  // namespace

bool Authority::is_same_host(const Authority& other) const {
  return address ? address == other.address : !other.address && host == other.host;
}

std::optional<Authority> parse_authority(std::string_view text) {
  Authority authority;
  const bool is_bracketed = text.starts_with('[');
  const std::size_t end = is_bracketed ? text.find(']') : std::min(text.find(':'), text.size());
  if (end == std::string_view::npos) return std::nullopt;
  const bool is_host = is_bracketed ? read_ipv6(text.substr(1, end - 1), authority)
                                    : read_name(text.substr(0, end), authority);
  if (!is_host) return std::nullopt;
  if (is_bracketed) authority.host = authority.address->to_string();
  const std::string_view rest = text.substr(end + (is_bracketed ? 1 : 0));
  if (rest.empty()) return authority;
  if (rest.front() != ':' || !read_port(rest.substr(1), authority.port)) return std::nullopt;
  return authority;
}

Result<AllowedHosts> AllowedHosts::make(const ip::address& bound, std::string_view name,
                                        const std::vector<std::string>& allowed) {
  AllowedHosts hosts;
  hosts.accepts_all_ = allowed.empty() && !unwrapped(bound).is_loopback();
  for (const std::string& entry : allowed) {
    if (entry == "*") {
      hosts.accepts_all_ = true;
      continue;
    }
    auto host = parse_authority(entry);
    if (!host) {
      return Error{
          Errc::kInvalidValue,
          "--allowed-hosts: `" + entry + "` is not a host, like chat.example or [::1]:8000",
          "allowed-hosts"};
    }
    hosts.allowed_.push_back(std::move(*host));
  }
  Authority self;
  self.address = unwrapped(bound);
  hosts.allowed_.push_back(std::move(self));
  if (auto named = parse_authority(name)) hosts.allowed_.push_back(std::move(*named));
  return hosts;
}

bool AllowedHosts::accepts(const Authority& host) const {
  if (accepts_all_) return true;
  if (host.address ? host.address->is_loopback() : is_localhost(host.host)) return true;
  return std::any_of(allowed_.begin(), allowed_.end(), [&](const Authority& each) {
    return each.is_same_host(host) && (!each.port || each.port == host.port);
  });
}

}  // namespace octavo
