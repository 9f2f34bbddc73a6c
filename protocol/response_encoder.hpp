// The same things happen to every response, and each kind of client is told of them in its own
// form: frames of a WebSocket, events over HTTP, or one body at the end. An encoder is that form.
// It belongs to one client and knows no socket.
#pragma once

#include <string>
#include <vector>

#include "src/core/error.hpp"
#include "src/response/response.hpp"

namespace octavo {

class ResponseEncoder {
 public:
  virtual ~ResponseEncoder() = default;

  /// Appends what the client is sent for this, perhaps nothing. Where the form numbers its events,
  /// the first frame has the number Response::num_events().
  virtual void encode(const Response& response, const ResponseEvent& event,
                      std::vector<std::string>& frames) = 0;
  /// Its frames are the events themselves, as they are kept for a client that comes back.
  virtual bool is_plain() const { return false; }
  /// A request was refused, or its response ended before the client knew of it. stream_id: the
  /// lane that it named, or empty.
  virtual void refuse(const Error& error, const std::string& stream_id,
                      std::vector<std::string>& frames) = 0;
  /// How much of the rest of a response is its own size and no sign of a client that does not read:
  /// bytes that may wait after an event whose frames are num_bytes.
  virtual std::size_t size_of_end(const Response&, const ResponseEvent&, std::size_t) const {
    return 0;
  }
};

}  // namespace octavo
