#include "protocol/close_frame.hpp"

#include "src/core/utf8.hpp"

namespace octavo {

std::string close_frame(const CloseReason& reason) {
  constexpr std::size_t kMaxReasonBytes = 123;  // RFC 6455, section 5.5: 125 with the code.
  const std::string text = quotable(reason.text, kMaxReasonBytes);
  const auto code = static_cast<std::uint16_t>(reason.code);
  std::string frame;
  frame += '\x88';  // The last fragment, a close.
  frame += static_cast<char>(2 + text.size());
  frame += static_cast<char>(code >> 8);
  frame += static_cast<char>(code & 0xFF);
  return frame + text;
}

}  // namespace octavo
