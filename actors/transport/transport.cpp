#include "actors/transport/transport.hpp"

#include <spdlog/spdlog.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace octavo {
namespace {

constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);
constexpr char kHandshake = 0x16;  // RFC 8446, section 5.1: the type of a handshake's records.
constexpr std::size_t kFirstBytes = 1024;

bool is_loopback(ClientStream& stream) {
  boost::system::error_code error;
  const asio::ip::address from = stream.socket().remote_endpoint(error).address();
  if (error) return false;
  if (from.is_v6() && from.to_v6().is_v4_mapped())
    return asio::ip::make_address_v4(asio::ip::v4_mapped, from.to_v6()).is_loopback();
  return from.is_loopback();
}

bool accepts_plain(ClientStream& stream, const Transport& transport, bool is_proxied) {
  if (transport.certificates == nullptr || transport.plain == PlainHttp::kAll) return true;
  return transport.plain == PlainHttp::kLoopback && (is_proxied || is_loopback(stream));
}

}  // namespace

asio::awaitable<Opening> open_transport(ClientStream& stream, beast::flat_buffer& buffer,
                                        Transport& transport, bool is_proxied,
                                        std::chrono::milliseconds limit,
                                        std::function<TimePoint()> clock) {
  stream.expires_after(limit);
  auto room = buffer.prepare(kFirstBytes);
  auto read = co_await stream.async_read_some(room, kTuple);
  if (std::get<0>(read)) co_return Opening::kClosed;
  buffer.commit(std::get<1>(read));
  std::string first(static_cast<const char*>(buffer.cdata().data()), buffer.size());
  if (first.front() != kHandshake)
    co_return accepts_plain(stream, transport, is_proxied) ? Opening::kOpen
                                                           : Opening::kPlainRefused;
  buffer.consume(buffer.size());
  if (transport.certificates == nullptr) {
    if (transport.log_lines.take(clock()))
      spdlog::debug("connection: closed, it begins with TLS and this server has no certificate");
    co_return Opening::kClosed;
  }
  auto handshake = stream.handshake(transport.certificates->current(), std::move(first));
  const std::string fault = co_await std::move(handshake);
  if (fault.empty()) co_return Opening::kOpen;
  if (transport.log_lines.take(clock()))
    spdlog::debug("connection: closed, no TLS handshake: {}", fault);
  co_return Opening::kClosed;
}

asio::awaitable<bool> understands_plain(ClientStream& stream, const Transport& transport,
                                        std::chrono::milliseconds limit) {
  if (transport.certificates == nullptr) co_return true;
  char first = 0;
  stream.expires_after(limit);
  auto read = co_await stream.async_read_some(asio::buffer(&first, 1), kTuple);
  co_return !std::get<0>(read) && first != kHandshake;
}

}  // namespace octavo
