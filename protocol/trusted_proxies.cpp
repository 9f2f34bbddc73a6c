#include "protocol/trusted_proxies.hpp"

#include <algorithm>
#include <boost/beast/core/string.hpp>
#include <charconv>
#include <optional>

#include "src/core/trim.hpp"

namespace octavo {
namespace {

namespace ip = boost::asio::ip;

constexpr std::string_view kBlanks = " \t";
constexpr unsigned kMappedBits = 96;  // What an address of IPv6 has before the one that it wraps.

std::array<std::uint8_t, 16> bytes_of(const ip::address& address) {
  const ip::address_v6 six =
      address.is_v6() ? address.to_v6() : ip::make_address_v6(ip::v4_mapped, address.to_v4());
  return six.to_bytes();
}

std::optional<ip::address> address_in(std::string_view text) {
  constexpr std::size_t kLongest = 45;
  const bool is_plain = text.size() <= kLongest && std::ranges::all_of(text, [](char c) {
                          return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') ||
                                 (c >= 'A' && c <= 'F') || c == ':' || c == '.';
                        });
  boost::system::error_code error;
  if (!is_plain) return std::nullopt;
  const ip::address address = ip::make_address(std::string(text), error);
  if (error) return std::nullopt;
  return address;
}

bool is_port(std::string_view text) {
  return !text.empty() && text.size() <= 5 &&
         std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

// An address as proxies write it: alone, in brackets, with a port or without. What a proxy hides
// (`unknown`, `_name`) is none.
std::optional<ip::address> node_in(std::string_view text) {
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view rest = text.substr(end + 1);
    if (!rest.empty() && !(rest.front() == ':' && is_port(rest.substr(1)))) return std::nullopt;
    const auto address = address_in(text.substr(1, end - 1));
    return address && address->is_v6() ? address : std::nullopt;
  }
  const std::size_t colon = text.find(':');
  const bool has_port = colon != std::string_view::npos && is_port(text.substr(colon + 1)) &&
                        text.substr(0, colon).find('.') != std::string_view::npos;
  return address_in(has_port ? text.substr(0, colon) : text);
}

std::string joined(const http::request_header<>& head, std::string_view name) {
  std::string all;
  const auto range = head.equal_range(boost::beast::string_view(name.data(), name.size()));
  for (auto field = range.first; field != range.second; ++field) {
    if (!all.empty()) all += ',';
    all.append(field->value().data(), field->value().size());
  }
  return all;
}

// Parts between these marks, but for marks within quotes. Nothing where a quote has no end.
std::optional<std::vector<std::string_view>> parts_of(std::string_view text, char mark) {
  std::vector<std::string_view> parts;
  bool is_quoted = false;
  std::size_t begin = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"') is_quoted = !is_quoted;
    if (is_quoted && text[i] == '\\') ++i;
    if (is_quoted || i >= text.size() || text[i] != mark) continue;
    parts.push_back(trim(text.substr(begin, i - begin), kBlanks));
    begin = i + 1;
  }
  if (is_quoted) return std::nullopt;
  parts.push_back(trim(text.substr(begin), kBlanks));
  return parts;
}

// The `for` of one element of Forwarded, without its quotes; empty where there is none, or two.
std::string_view for_in(std::string_view element) {
  std::string_view found;
  const auto pairs = parts_of(element, ';');
  for (const std::string_view pair : pairs.value_or(std::vector<std::string_view>{})) {
    const std::size_t equals = std::min(pair.find('='), pair.size());
    const std::string_view name = pair.substr(0, equals);
    if (!boost::beast::iequals({name.data(), name.size()}, "for")) continue;
    if (!found.empty()) return {};
    found = pair.substr(std::min(equals + 1, pair.size()));
  }
  const bool is_quoted = found.size() >= 2 && found.starts_with('"') && found.ends_with('"');
  return is_quoted ? found.substr(1, found.size() - 2) : found;
}

// The nodes of a request's way, each as it was written, the client's first. Views into `text`,
// which is filled here.
std::vector<std::string_view> way_of(const http::request_header<>& head, std::string& text) {
  text = joined(head, "X-Forwarded-For");
  if (!text.empty()) return parts_of(text, ',').value_or(std::vector<std::string_view>{});
  text = joined(head, "Forwarded");
  auto elements = parts_of(text, ',').value_or(std::vector<std::string_view>{});
  for (std::string_view& element : elements) element = for_in(element);
  return elements;
}

}  // namespace

Result<TrustedProxies> TrustedProxies::make(const std::vector<std::string>& networks) {
  TrustedProxies proxies;
  for (const std::string& text : networks) {
    const std::size_t slash = std::min(text.find('/'), text.size());
    const auto address = address_in(std::string_view(text).substr(0, slash));
    const unsigned most = address && address->is_v4() ? 32 : 128;
    unsigned num_bits = most;
    bool is_network = address.has_value();
    if (slash < text.size()) {
      const char* const end = text.data() + text.size();
      const auto [rest, error] = std::from_chars(text.data() + slash + 1, end, num_bits);
      is_network = is_network && error == std::errc() && rest == end && num_bits <= most;
    }
    if (!is_network) {
      return Error{Errc::kInvalidValue,
                   "--trusted-proxies: `" + text +
                       "` is no address or network, like 10.0.0.0/8 or 2001:db8::1",
                   "trusted-proxies"};
    }
    proxies.networks_.push_back(
        {bytes_of(*address), most == 32 ? kMappedBits + num_bits : num_bits});
  }
  return proxies;
}

bool TrustedProxies::contains(const ip::address& address) const {
  const auto bytes = bytes_of(address);
  return std::ranges::any_of(networks_, [&bytes](const Network& network) {
    const unsigned whole = network.num_bits / 8;
    if (!std::equal(bytes.begin(), bytes.begin() + whole, network.bytes.begin())) return false;
    const unsigned rest = network.num_bits % 8;
    return rest == 0 || (bytes[whole] ^ network.bytes[whole]) >> (8 - rest) == 0;
  });
}

ip::address client_of(const ip::address& peer, const http::request_header<>& head,
                      const TrustedProxies& proxies) {
  ip::address client = peer;
  if (!proxies.contains(client)) return client;
  std::string text;
  const std::vector<std::string_view> way = way_of(head, text);
  for (auto node = way.rbegin(); node != way.rend() && proxies.contains(client); ++node) {
    const auto address = node_in(*node);
    if (!address) break;
    client = *address;
  }
  return client;
}

}  // namespace octavo
