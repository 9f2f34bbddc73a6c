// What must hold of a request's head before anything acts on it. Beast 1.81 accepts framings that
// other parties on the way read differently (request smuggling); these are refused here, and the
// connection is closed after them.
#pragma once

#include <boost/beast/http/fields.hpp>
#include <boost/beast/http/message.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/allowed_hosts.hpp"
#include "protocol/trusted_proxies.hpp"
#include "src/access/connection_gate.hpp"
#include "src/access/key_ring.hpp"

namespace octavo {

namespace http = boost::beast::http;

struct HttpRefusal {
  http::status status = http::status::bad_request;
  std::string message;
  std::string_view code = "invalid_request";  ///< A literal.
  std::int64_t retry_after_s = 0;             ///< When to come again; 0: untold.
};

/// For a request without its key, whatever it asks for.
HttpRefusal missing_key();

struct HttpPolicy {
  KeyRing keys;                              ///< Without one, no key is needed.
  std::vector<std::string> allowed_origins;  ///< Besides the host itself; "*" allows all.
  AllowedHosts hosts{};                      ///< By which names the server may be asked for.
  TrustedProxies proxies{};                  ///< Who is believed to say whose a request is.
};

/// Framing and routing: exactly one Host; at most one Content-Length, of digits alone; no
/// Transfer-Encoding but `chunked` in a POST, alone, and without a Content-Length beside it; no
/// announced trailers; a path for a target, or `*` in an OPTIONS; no `Expect` but 100-continue
/// (417). Nothing when all is well.
std::optional<HttpRefusal> check_head(const http::request_header<>& head);

/// More header fields than anybody needs cost time at every look: 431.
std::optional<HttpRefusal> check_num_fields(const http::request_header<>& head,
                                            std::size_t max_fields);

/// A WebSocket's handshake brings 16 bytes in base64, which prove nothing but that both speak the
/// same protocol: else 400.
std::optional<HttpRefusal> check_websocket_key(const http::request_header<>& head);

/// How a connection is refused that comes when it cannot be had.
HttpRefusal refusal_of(Entrance entrance);

/// `Host` must be a host that the policy accepts: else 421, and 400 for what is no host at all.
std::optional<HttpRefusal> check_host(const http::request_header<>& head, const HttpPolicy& policy);

/// `Origin`, when present, must be the host itself or on the list: else 403. Proves something only
/// of a host that check_host() accepts.
std::optional<HttpRefusal> check_origin(const http::request_header<>& head,
                                        const HttpPolicy& policy);

/// True when the request comes from the page of an origin on the policy's list.
bool is_allowed_origin(const http::request_header<>& head, const HttpPolicy& policy);

/// Whose the request is, by its key: a bearer token, or for browsers the subprotocol
/// `openai-insecure-api-key.KEY`. Nothing where a key is needed and it came with none that opens.
std::optional<Caller> caller_of(const http::request_header<>& head, const HttpPolicy& policy);

/// For a caller whose key has all the connections that it may have.
HttpRefusal too_many_connections(const KeyAccount& account);

/// The name that the client gave its request (`X-Request-Id`): 1 to 128 visible ASCII characters.
std::optional<std::string> request_id_of(const http::request_header<>& head);

/// True when the client offers the subprotocol `octavo.v1`.
bool offers_octavo_v1(const http::request_header<>& head);

}  // namespace octavo
