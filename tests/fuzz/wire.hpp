// The server's connection classes over one end of a pair of sockets, with the simulated engine
// behind them: a target writes a client's bytes into the other end. It waits for a
// clock only where the client has left a close handshake unfinished.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "actors/http/http_connection.hpp"
#include "tests/support/sim.hpp"

namespace octavo::fuzz {

/// The house, one client, and what must hold when the client has gone.
class Wire {
 public:
  Wire();
  ~Wire();
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;

  /// Bytes as one segment; the house then works until nothing is ready. False when the server has
  /// closed.
  bool send(std::string_view bytes);
  /// What the server has written since the last call.
  std::string receive();
  /// The client goes. Every response must end, every coroutine leave, every block come back.
  void leave();

 private:
  testing::Sim sim_;
  HttpPolicy policy_;
  ConnectionContext context_;
  int client_ = -1;
  int num_running_ = 0;  ///< Actors of the ring alone.
};

}  // namespace octavo::fuzz
