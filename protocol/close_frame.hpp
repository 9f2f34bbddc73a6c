// The frame that ends a WebSocket, as the server sends it (RFC 6455, sections 5.2 and 5.5.1).
#pragma once

#include <string>

#include "protocol/close_code.hpp"

namespace octavo {

/// Its bytes, without a mask. The reason is cut to what a control frame may hold, as UTF-8.
std::string close_frame(const CloseReason& reason);

}  // namespace octavo
