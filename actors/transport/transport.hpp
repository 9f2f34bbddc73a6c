// TLS and plain HTTP on one port, told apart by the first byte that a client sends: 0x16 begins a
// TLS handshake and no request.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <chrono>
#include <cstdint>
#include <functional>

#include "actors/transport/client_stream.hpp"
#include "src/access/rate_bucket.hpp"
#include "src/access/tls_certificates.hpp"

namespace octavo {

/// From where requests may come in the clear, on a server that has a certificate. Trusted proxies
/// count for this machine.
enum class PlainHttp : std::uint8_t { kAll, kLoopback, kNone };

/// How clients of one listener may connect; the listener and all of its connections use it.
struct Transport {
  const TlsCertificates* certificates = nullptr;  ///< Null: no TLS.
  PlainHttp plain = PlainHttp::kLoopback;
  RateBucket log_lines{1};  ///< Handshakes that fail and are logged, so that a crowd fills no log.
};

enum class Opening : std::uint8_t {
  kOpen,          ///< A request can be read from the stream.
  kPlainRefused,  ///< The client speaks plain HTTP and may not; it can be told so.
  kClosed,        ///< Nothing came in time, or no handshake that could be made.
};

/// Reads what a client sends first into the buffer, and makes the TLS handshake if it begins one.
/// is_proxied: it comes from a trusted proxy. The time limit is for both. All that is given
/// outlives the coroutine.
asio::awaitable<Opening> open_transport(ClientStream& stream, beast::flat_buffer& buffer,
                                        Transport& transport, bool is_proxied,
                                        std::chrono::milliseconds limit,
                                        std::function<TimePoint()> clock);

/// Whether a client that is turned away would understand a sentence: it speaks in the clear. Waits
/// for its first byte where it might not.
asio::awaitable<bool> understands_plain(ClientStream& stream, const Transport& transport,
                                        std::chrono::milliseconds limit);

}  // namespace octavo
