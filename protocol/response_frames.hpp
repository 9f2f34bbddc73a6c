// The form of the WebSocket: each event is one frame, numbered within its response.
#pragma once

#include "protocol/error_frame.hpp"
#include "protocol/response_encoder.hpp"
#include "protocol/response_events.hpp"

namespace octavo {

class ResponseFrames final : public ResponseEncoder {
 public:
  void encode(const Response& response, const ResponseEvent& event,
              std::vector<std::string>& frames) override {
    octavo::encode(response, event, frames);
  }
  bool is_plain() const override { return true; }
  void refuse(const Error& error, const std::string& stream_id,
              std::vector<std::string>& frames) override {
    frames.push_back(error_frame(error, stream_id));
  }
  std::size_t size_of_end(const Response& response, const ResponseEvent& event,
                          std::size_t num_bytes) const override {
    return octavo::size_of_end(response, event, num_bytes);
  }
};

}  // namespace octavo
