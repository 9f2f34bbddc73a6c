// A part of a request must come in time, and a client that is too slow is to be told so. Beast's
// time limit closes the socket, and then nothing can be told any more. So the read is cancelled
// first, and the socket's own limit is a second later.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <memory>

#include "actors/transport/client_stream.hpp"

namespace octavo {

/// Thread: the io thread's only.
class ReadDeadline {
 public:
  /// stream: what is read; it lives as long as this object.
  explicit ReadDeadline(ClientStream& stream) : stream_(stream), timer_(stream.get_executor()) {}

  /// A read begins that must have ended within this time. owner: keeps stream and deadline alive
  /// until the timer has been heard.
  void begin(std::chrono::milliseconds limit, std::shared_ptr<const void> owner);
  /// The read has ended. Answers whether its time was up before.
  bool end();

 private:
  enum class State : std::uint8_t { kNone, kReading, kLate };

  ClientStream& stream_;
  boost::asio::steady_timer timer_;
  State state_ = State::kNone;
};

}  // namespace octavo
