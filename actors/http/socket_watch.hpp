// While an answer is made, its client may leave, and nobody would notice before the next write: so
// the socket is read all the while. What a client sends in advance stays in the buffer, within a
// bound; an end of what it sends is taken for its leaving. Thread: the io thread's only.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <functional>
#include <memory>

#include "actors/runtime/bell.hpp"
#include "actors/runtime/supervisor.hpp"
#include "actors/transport/client_stream.hpp"

namespace octavo {

class SocketWatch : public std::enable_shared_from_this<SocketWatch> {
 public:
  /// Stream and buffer outlive the watch; nobody else reads them until end() has been awaited.
  SocketWatch(ClientStream& stream, boost::beast::flat_buffer& buffer)
      : stream_(stream), buffer_(buffer), ended_(stream.get_executor()) {}

  /// on_gone is called at most once, when the client has left.
  void begin(Supervisor& supervisor, std::function<void()> on_gone);
  /// Ends the reading. No byte is lost.
  asio::awaitable<void> end();

 private:
  /// Requests that a client sends before it has its answer wait here; more wait at the client.
  static constexpr std::size_t kMaxAhead = std::size_t{64} << 10;

  static asio::awaitable<void> read(std::shared_ptr<SocketWatch> self,
                                    std::function<void()> on_gone);

  ClientStream& stream_;
  boost::beast::flat_buffer& buffer_;
  Bell ended_;
  bool is_reading_ = false;
  bool is_ending_ = false;
};

}  // namespace octavo
