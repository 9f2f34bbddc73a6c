// What one connection may cost: bytes, time and numbers. All are flags.
#pragma once

#include <chrono>
#include <cstddef>

#include "actors/session/lanes.hpp"
#include "src/response/response_store.hpp"

namespace octavo {

struct SessionLimits {
  std::size_t max_message_bytes = std::size_t{4} << 20;
  std::size_t max_head_bytes = std::size_t{16} << 10;
  std::size_t soft_outbox_bytes = std::size_t{256} << 10;  ///< Above it deltas merge.
  std::size_t hard_outbox_bytes = std::size_t{4} << 20;    ///< Above it the client is cut off.
  std::size_t max_connections = 50'000;
  LaneLimits lanes;
  StoreLimits store;
  std::chrono::seconds handshake_timeout{5};    ///< For the request's head, too.
  std::chrono::seconds body_timeout{60};        ///< For its body, after the head.
  std::chrono::seconds keep_alive_timeout{75};  ///< Between the requests of a connection.
  std::chrono::seconds idle_timeout{60};        ///< Pings at half of it.
  std::chrono::seconds write_timeout{10};
  std::chrono::milliseconds close_timeout{2000};
  std::chrono::minutes max_age{60};
};

}  // namespace octavo
