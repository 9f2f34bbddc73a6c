#include "protocol/http_checks.hpp"
#include "src/core/trim.hpp"

#include <algorithm>

namespace octavo {
namespace {

constexpr std::string_view kKeyProtocol = "openai-insecure-api-key.";

std::string_view view(boost::core::string_view text) { return {text.data(), text.size()}; }

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

std::vector<std::string_view> protocols_of(const http::request_header<>& head) {
  std::vector<std::string_view> offered;
  const auto range = head.equal_range(http::field::sec_websocket_protocol);
  for (auto field = range.first; field != range.second; ++field) {
    std::string_view rest = view(field->value());
    while (!rest.empty()) {
      const std::size_t comma = std::min(rest.find(','), rest.size());
      offered.push_back(trim(rest.substr(0, comma), " \t"));
      rest.remove_prefix(std::min(comma + 1, rest.size()));
    }
  }
  return offered;
}

std::optional<std::string_view> key_given(const http::request_header<>& head) {
  if (head.count(http::field::authorization) == 1) {
    const std::string_view value = trim(view(head[http::field::authorization]), " \t");
    if (value.size() > 7 && lower(value.substr(0, 7)) == "bearer ")
      return trim(value.substr(7), " \t");
  }
  for (std::string_view offered : protocols_of(head)) {
    if (offered.substr(0, kKeyProtocol.size()) == kKeyProtocol)
      return offered.substr(kKeyProtocol.size());
  }
  return std::nullopt;
}

bool is_number(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// RFC 6454, section 7: a scheme, a host and, unless it is the scheme's own, a port.
bool is_of_host(std::string_view origin, std::string_view host_field) {
  const bool is_secure = origin.starts_with("https://");
  if (!is_secure && !origin.starts_with("http://")) return false;
  const auto from = parse_authority(origin.substr(origin.find("//") + 2));
  const auto to = parse_authority(host_field);
  const std::uint16_t usual = is_secure ? 443 : 80;
  return from && to && from->is_same_host(*to) &&
         from->port.value_or(usual) == to->port.value_or(usual);
}

HttpRefusal bad(std::string message) { return {http::status::bad_request, std::move(message)}; }

}  // namespace

std::optional<HttpRefusal> check_head(const http::request_header<>& head) {
  if (head.count(http::field::host) != 1 || head[http::field::host].empty())
    return bad("exactly one Host header is needed");
  const std::string_view target = view(head.target());
  const bool is_server = target == "*" && head.method() == http::verb::options;
  if (!is_server && !target.starts_with('/')) return bad("the target must be a path");
  const bool expects_more =
      head.version() >= 11 && head.count(http::field::expect) > 0 &&
      !(head.count(http::field::expect) == 1 &&
        lower(trim(view(head[http::field::expect]), " \t")) == "100-continue");
  if (expects_more) {
    return HttpRefusal{http::status::expectation_failed,
                       "nothing can be expected but 100-continue"};
  }
  const auto num_lengths = head.count(http::field::content_length);
  const auto num_encodings = head.count(http::field::transfer_encoding);
  if (num_encodings > 0 && head.version() < 11) return bad("HTTP/1.0 has no Transfer-Encoding");
  if (num_encodings > 0 && num_lengths > 0)
    return bad("Content-Length and Transfer-Encoding exclude each other");
  const bool is_chunked =
      num_encodings == 1 &&
      lower(trim(view(head[http::field::transfer_encoding]), " \t")) == "chunked";
  if (is_chunked && head.method() != http::verb::post)
    return HttpRefusal{http::status::length_required, "a body needs a Content-Length"};
  if (num_encodings > 0 && !is_chunked) {
    return HttpRefusal{http::status::not_implemented,
                       "no Transfer-Encoding but chunked is supported"};
  }
  if (num_lengths > 1) return bad("more than one Content-Length");
  if (num_lengths == 1 && !is_number(view(head[http::field::content_length])))
    return bad("Content-Length is not a number");
  if (head.count(http::field::trailer) > 0) return bad("trailers are not supported");
  return std::nullopt;
}

std::optional<HttpRefusal> check_num_fields(const http::request_header<>& head,
                                            std::size_t max_fields) {
  const auto num_fields = static_cast<std::size_t>(std::distance(head.begin(), head.end()));
  if (num_fields <= max_fields) return std::nullopt;
  return HttpRefusal{http::status::request_header_fields_too_large,
                     "a request has at most " + std::to_string(max_fields) + " header fields"};
}

std::optional<HttpRefusal> check_websocket_key(const http::request_header<>& head) {
  if (view(head[http::field::sec_websocket_version]) != "13")
    return std::nullopt;  // The handshake's answer says which version there is.
  const std::string_view key = trim(view(head[http::field::sec_websocket_key]), " \t");
  const bool is_base64 = std::ranges::all_of(key.substr(0, 22), [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' ||
           c == '/';
  });
  const bool is_one = head.count(http::field::sec_websocket_key) == 1;
  if (is_one && key.size() == 24 && is_base64 && key.ends_with("==")) return std::nullopt;
  return bad("Sec-WebSocket-Key is not 16 bytes in base64");
}

HttpRefusal refusal_of(Entrance entrance) {
  constexpr std::string_view kCode = "too_many_connections";
  switch (entrance) {
    case Entrance::kAddressFull:
      return {http::status::too_many_requests,
              "this address has too many connections: close some, or raise "
              "--max-connections-per-address",
              kCode, 1};
    case Entrance::kTooFast:
      return {http::status::too_many_requests,
              "this address opens connections too fast: keep them, or raise "
              "--max-handshakes-per-address",
              kCode, 1};
    default:
      return {http::status::service_unavailable,
              "the server has too many connections: try again later, or raise --max-connections",
              kCode, 1};
  }
}

std::optional<HttpRefusal> check_host(const http::request_header<>& head,
                                      const HttpPolicy& policy) {
  const auto host = parse_authority(view(head[http::field::host]));
  if (!host) return bad("Host is not a host, perhaps with a port");
  if (policy.hosts.accepts(*host)) return std::nullopt;
  return HttpRefusal{http::status::misdirected_request,
                     "this server is not known by this name: allow it with --allowed-hosts"};
}

std::optional<HttpRefusal> check_origin(const http::request_header<>& head,
                                        const HttpPolicy& policy) {
  const auto count = head.count(http::field::origin);
  if (count == 0) return std::nullopt;
  const std::string origin = lower(trim(view(head[http::field::origin]), " \t"));
  if (count == 1 && is_of_host(origin, view(head[http::field::host]))) return std::nullopt;
  if (is_allowed_origin(head, policy)) return std::nullopt;
  return HttpRefusal{http::status::forbidden,
                     "this origin may not connect: allow it with --allowed-origins"};
}

bool is_allowed_origin(const http::request_header<>& head, const HttpPolicy& policy) {
  if (head.count(http::field::origin) != 1) return false;
  const std::string origin = lower(trim(view(head[http::field::origin]), " \t"));
  return std::ranges::any_of(policy.allowed_origins, [&](const std::string& allowed) {
    return allowed == "*" || lower(allowed) == origin;
  });
}

HttpRefusal missing_key() {
  return {http::status::unauthorized,
          "the API key is missing or wrong: send Authorization: Bearer KEY", "invalid_api_key"};
}

std::optional<Caller> caller_of(const http::request_header<>& head, const HttpPolicy& policy) {
  return policy.keys.find(key_given(head));
}

HttpRefusal too_many_connections(const KeyAccount& account) {
  return {http::status::too_many_requests,
          "this API key may have " + std::to_string(account.limits().max_connections) +
              " connections, and has them: close some",
          "too_many_connections", 1};
}

std::optional<std::string> request_id_of(const http::request_header<>& head) {
  if (head.count("X-Request-Id") != 1) return std::nullopt;
  const std::string_view id = trim(view(head["X-Request-Id"]), " \t");
  const bool is_visible = std::ranges::all_of(id, [](char c) { return c > ' ' && c < 0x7F; });
  if (id.empty() || id.size() > 128 || !is_visible) return std::nullopt;
  return std::string(id);
}

bool offers_octavo_v1(const http::request_header<>& head) {
  const auto offered = protocols_of(head);
  return std::find(offered.begin(), offered.end(), "octavo.v1") != offered.end();
}

}  // namespace octavo
