// Why a WebSocket is closed (RFC 6455, section 7.4, and the IANA registry). Never 4xxx: client
// libraries take those for permanent and do not reconnect.
#pragma once

#include <cstdint>
#include <string>

namespace octavo {

enum class CloseCode : std::uint16_t {
  kNormal = 1000,
  kGoingAway = 1001,  ///< Drain or age limit: reconnect.
  kProtocolError = 1002,
  kBinaryFrame = 1003,
  kBadUtf8 = 1007,
  kPolicy = 1008,
  kTooBig = 1009,
  kInternal = 1011,
  kRestart = 1012,
  kTryAgainLater = 1013,  ///< Overload, or a client that does not read.
};

/// The code of a close frame, and the words that go with it.
struct CloseReason {
  CloseCode code = CloseCode::kNormal;
  std::string text;  ///< For a person: why, and what to do. At most 123 bytes of UTF-8.
};

}  // namespace octavo
