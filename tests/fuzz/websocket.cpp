// A client's bytes after the upgrade to a WebSocket. Where the first byte is 'e', the rest is
// events with a line "----" between them, each in a text frame; else it is raw bytes of frames.
#include "tests/fuzz/support.hpp"
#include "tests/fuzz/wire.hpp"

namespace octavo::fuzz {
namespace {

constexpr std::string_view kUpgrade =
    "GET /v1/responses HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    "Sec-WebSocket-Protocol: octavo.v1\r\n\r\n";

/// A masked text frame whose key is 0, so that its payload can be read.
std::string frame_of(std::string_view text) {
  text = text.substr(0, 0xFFFF);
  std::string frame = "\x81";
  const bool is_short = text.size() < 126;
  frame += static_cast<char>(0x80U | (is_short ? text.size() : 126));
  if (!is_short) {
    frame += static_cast<char>(text.size() >> 8U);
    frame += static_cast<char>(text.size() & 0xFFU);
  }
  return frame.append(4, '\0').append(text);
}

/// Whether what the server writes is whole frames without a mask and without reserved bits.
void check_frames(std::string_view bytes) {
  while (bytes.size() >= 2) {
    const auto first = static_cast<std::uint8_t>(bytes[0]);
    std::size_t length = static_cast<std::uint8_t>(bytes[1]);
    expect((first & 0x70U) == 0, "a reserved bit is set");
    expect((length & 0x80U) == 0, "the server masks");
    std::size_t head = 2;
    const std::size_t num_extra = length == 126 ? 2 : length == 127 ? 8 : 0;
    if (bytes.size() < head + num_extra) return;
    if (num_extra > 0) length = 0;
    for (std::size_t i = 0; i < num_extra; ++i)
      length = length << 8U | static_cast<std::uint8_t>(bytes[head++]);
    if (bytes.size() < head + length) return;
    bytes.remove_prefix(head + length);
  }
}

}  // namespace
}  // namespace octavo::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace octavo;
  fuzz::Input input(data, size);
  fuzz::Wire wire;
  wire.send(fuzz::kUpgrade);
  fuzz::expect(wire.receive().starts_with("HTTP/1.1 101"), "the upgrade is refused");
  const bool is_events = input.byte() == 'e';
  while (!input.is_empty()) {
    const std::string_view part = input.part("\n----\n");
    if (!wire.send(is_events ? fuzz::frame_of(part) : std::string(part))) break;
    fuzz::check_frames(wire.receive());
  }
  wire.leave();
  return 0;
}
