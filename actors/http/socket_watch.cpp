#include "actors/http/socket_watch.hpp"

#include <algorithm>

namespace octavo {

void SocketWatch::begin(Supervisor& supervisor, std::function<void()> on_gone) {
  is_reading_ = true;
  supervisor.spawn(stream_.get_executor(), "http.watch",
                   read(shared_from_this(), std::move(on_gone)));
}

asio::awaitable<void> SocketWatch::read(std::shared_ptr<SocketWatch> self,
                                        std::function<void()> on_gone) {
  while (!self->is_ending_ && self->buffer_.size() < kMaxAhead) {
    self->stream_.expires_never();
    auto room = self->buffer_.prepare(std::min(std::size_t{4096}, kMaxAhead));
    auto got = co_await self->stream_.async_read_some(room, asio::as_tuple(asio::use_awaitable));
    self->buffer_.commit(std::get<1>(got));
    if (!std::get<0>(got)) continue;
    if (!self->is_ending_) on_gone();
    break;
  }
  self->is_reading_ = false;
  self->ended_.ring();
}

asio::awaitable<void> SocketWatch::end() {
  is_ending_ = true;
  if (is_reading_) stream_.cancel_read();
  while (is_reading_) co_await ended_.wait();
}

}  // namespace octavo
