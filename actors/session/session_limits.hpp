// What one connection may cost: bytes, time and numbers. All are flags.
#pragma once

#include <chrono>
#include <cstddef>

#include "actors/session/lanes.hpp"
#include "src/access/connection_gate.hpp"
#include "src/response/response_store.hpp"

namespace octavo {

struct SessionLimits {
  std::size_t max_message_bytes = std::size_t{4} << 20;
  std::size_t max_head_bytes = std::size_t{16} << 10;
  std::size_t max_head_fields = 100;
  std::size_t max_json_depth = 32;
  std::size_t max_fragments = 1024;        ///< Frames in which one message may come.
  std::size_t max_pings_per_second = 100;  ///< Pongs that nobody asked for count, too.
  bool compresses_websockets = false;      ///< For clients that offer permessage-deflate.
  std::size_t max_invalid_messages = 20;   ///< That many within a minute end the connection.
  std::size_t soft_outbox_bytes = std::size_t{256} << 10;  ///< Above it deltas merge.
  std::size_t hard_outbox_bytes = std::size_t{4} << 20;    ///< Above it the client is cut off.
  GateLimits gate;
  LaneLimits lanes;
  StoreLimits store;
  std::chrono::seconds handshake_timeout{5};    ///< For the request's head, too.
  std::chrono::seconds body_timeout{60};        ///< For its body, after the head.
  std::chrono::seconds message_timeout{30};     ///< From a message's first fragment to its last.
  std::chrono::seconds keep_alive_timeout{75};  ///< Between the requests of a connection.
  std::size_t keep_alive_requests = 1000;       ///< The last of them closes the connection.
  std::chrono::seconds idle_timeout{60};        ///< Pings at half of it.
  std::chrono::seconds write_timeout{10};
  std::chrono::milliseconds close_timeout{2000};
  std::chrono::seconds max_age{3600};
  std::chrono::seconds response_timeout{1800};  ///< From a request to the end of its response.
};

}  // namespace octavo
