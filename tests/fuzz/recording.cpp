// A recording from anywhere, read and repeated. Where the first byte is 'r', the rest is the
// payloads of its records, the header's first, with a line "----" between them, and their frames
// and sums are right; else the rest is the file.
#include "src/recording/recording_replay.hpp"
#include "tests/fuzz/support.hpp"
#include "tests/recording/record_file.hpp"

namespace octavo::fuzz {
namespace {

std::string file_of(Input& input) {
  if (input.byte() != 'r') return std::string(input.rest());
  testing::RecordFile file = testing::RecordFile::without_header();
  while (!input.is_empty()) file.add(std::string(input.part("\n----\n")));
  return file.bytes();
}

/// A replay takes memory for what its header asks, and a header may ask for more than a fuzzer has.
bool is_large(const SchedulerConfig& engine) {
  return engine.num_blocks > 4096 || engine.num_host_blocks > 4096;
}

void check(const std::string& bytes) {
  auto reader = RecordingReader::open(bytes, "input");
  if (!reader) return expect(!reader.error().message().empty(), "an error without a reason");
  if (is_large(reader->header().engine)) return;
  RecordingReplay replay(*reader, reader->header().engine);
  const auto repeat = replay.run();
  if (!repeat) return expect(!repeat.error().message().empty(), "an error without a reason");
  expect(repeat->num_failed_steps <= repeat->num_steps, "more steps failed than there were");
}

}  // namespace
}  // namespace octavo::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace octavo;
  fuzz::Input input(data, size);
  const std::string bytes = fuzz::file_of(input);
  (void)testing::read_all(bytes);
  fuzz::check(bytes);
  return 0;
}
