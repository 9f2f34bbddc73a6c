// A client's bytes over HTTP: heads, bodies of every framing, several requests in a row, an upgrade
// and what follows it. "\n----\n" in the input ends a segment.
#include "tests/fuzz/support.hpp"
#include "tests/fuzz/wire.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace octavo;
  fuzz::Input input(data, size);
  fuzz::Wire wire;
  std::string received;
  while (!input.is_empty() && wire.send(input.part("\n----\n"))) received += wire.receive();
  fuzz::expect(received.empty() || received.starts_with("HTTP/1."), "an answer that is none");
  wire.leave();
  return 0;
}
