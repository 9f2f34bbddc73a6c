// What the reader makes of files whose frames are wrong. Fields: recording_fields_test.cpp.
#include "src/recording/recording_reader.hpp"

#include "tests/recording/record_file.hpp"
#include "tests/support/catch.hpp"

using namespace octavo;
using namespace octavo::testing;

namespace {

std::string idle_plan(std::int64_t time = 0) {
  return payload_of(RecordKind::kIdlePlan, [&](ByteWriter& out) { out.put_signed(time); });
}

std::string end_record() {
  return payload_of(RecordKind::kEnd, [](ByteWriter& out) {
    out.put_signed(0);
    out.put_fixed(0xAB);
    out.put(3);
  });
}

std::string damaged_at(std::size_t byte, const std::string& what) {
  return "test.rec: damaged before byte " + std::to_string(byte) + ": " + what;
}

const std::string kCutOff =
    "test.rec: ends before its header does: the recording had only just begun";

}  // namespace

TEST_CASE("a file of a header alone is a recording that was cut off") {
  const Reading reading = read_all(RecordFile().bytes());
  CHECK(reading.fault().empty());
  CHECK(reading.events.empty());
  CHECK(reading.is_truncated);
}

TEST_CASE("what does not begin as a recording, or ends in its first line, has no header") {
  for (const char* bytes : {"", "octavo-recording 3", "octavo-recording ", "#!/bin/sh\n"})
    CHECK(read_all(bytes).fault() == kCutOff);
  CHECK(read_all("octavo-recording " + std::string(100, '2') + "\n").fault() == kCutOff);
  CHECK(read_all(RecordFile::without_header().bytes()).fault() == kCutOff);
}

TEST_CASE("a version is read to the end of its line") {
  for (const std::string version : {"1", "4", "22", "2 ", " 3", ""}) {
    CAPTURE(version);
    const Reading reading = read_all("octavo-recording " + version + "\n");
    CHECK(reading.fault() == "test.rec: is a recording of version " + version +
                                 ", and this octavo reads versions 2 to 3");
  }
}

TEST_CASE("samples of the version before have no forced tokens behind them, and are read") {
  const auto completion_of = [](bool has_forced) {
    return payload_of(RecordKind::kCompletion, [=](ByteWriter& out) {
      for (const std::int64_t each : {0, -1, 1, 1, 0, 0}) out.put_signed(each);
      out.put(0);  // Transfers.
      for (const std::int64_t each : {0, 1}) out.put_signed(each);
      for (const std::uint64_t each : {0, 0, 1}) out.put(each);
      for (const std::int64_t each : {1, 40}) out.put_signed(each);
      out.put(0);  // Candidates.
      if (!has_forced) return;
      out.put(2);
      for (const std::int64_t each : {41, 42}) out.put_signed(each);
    });
  };
  const auto sample_in = [](const RecordFile& file) {
    const Reading reading = read_all(file.bytes());
    INFO(reading.fault());
    REQUIRE(reading.events.size() == 1);
    return std::get<RecordedCompletion>(reading.events[0]).result.sampled.at(0);
  };
  const SampledToken before = sample_in(RecordFile(2).add(completion_of(false)));
  CHECK(before.token == 40);
  CHECK(before.forced.empty());
  const SampledToken now = sample_in(RecordFile().add(completion_of(true)));
  CHECK(now.token == 40);
  CHECK(now.forced == std::vector<TokenId>{41, 42});
  CHECK_FALSE(read_all(RecordFile(2).add(completion_of(true)).bytes()).fault().empty());
}

TEST_CASE("the first record is the header and no other") {
  const RecordFile file = RecordFile::without_header().add(end_record());
  CHECK(read_all(file.bytes()).fault() ==
        damaged_at(file.bytes().size(), "the first record is not the header"));
}

TEST_CASE("a header that cannot be read is named by its own fault") {
  RecordFile file = RecordFile::without_header();
  file.add(std::string(1, static_cast<char>(RecordKind::kHeader)) + "[]");
  CHECK(read_all(file.bytes()).fault() ==
        damaged_at(file.bytes().size(), "the header is not a JSON object"));
}

TEST_CASE("a record of a kind that there is not is an error, a second header too") {
  for (const int kind : {0, 1, 11, 255}) {
    CAPTURE(kind);
    RecordFile file;
    file.add(std::string(1, static_cast<char>(kind)));
    CHECK(read_all(file.bytes()).fault() ==
          damaged_at(file.bytes().size(), "a record of an unknown kind"));
  }
}

TEST_CASE("a record has exactly the bytes of its fields") {
  const std::string plan = idle_plan();
  for (const std::string& payload : {plan + '\0', plan.substr(0, 1)}) {
    RecordFile file;
    file.add(payload);
    CHECK(read_all(file.bytes()).fault() ==
          damaged_at(file.bytes().size(), "a record's fields are out of range"));
  }
}

TEST_CASE("a size that is longer than any number is an error, at the record's own byte") {
  RecordFile file;
  const std::size_t begin = file.bytes().size();
  file.add_bytes(std::string(10, '\xFF') + "\x01");
  CHECK(read_all(file.bytes()).fault() == damaged_at(begin, "a record's size is not a number"));
  // While it could still go on it may have been cut off.
  CHECK(read_all(file.bytes().substr(0, begin + 9)).is_truncated);
}

TEST_CASE("a size must fit its check, and none is zero") {
  RecordFile file;
  const std::size_t begin = file.bytes().size();
  std::string wrong = file.bytes() + "\x02";
  wrong.push_back(static_cast<char>(check_of_size(2, file.ordinal()) ^ 1));
  CHECK(read_all(wrong).fault() == damaged_at(begin, "a record's size does not fit its check"));
  std::string empty = file.bytes() + std::string(1, '\0');
  empty.push_back(static_cast<char>(check_of_size(0, file.ordinal())));
  CHECK(read_all(empty).fault() == damaged_at(begin, "a record's size does not fit its check"));
}

TEST_CASE("a size beyond the end of the file is a file that was cut off, however large") {
  for (const std::uint64_t size :
       {std::uint64_t{3}, std::uint64_t{1} << 40, std::numeric_limits<std::uint64_t>::max()}) {
    CAPTURE(size);
    RecordFile file;
    file.add(idle_plan());
    std::string bytes = file.bytes();
    ByteWriter(bytes).put(size);
    bytes.push_back(static_cast<char>(check_of_size(size, file.ordinal())));
    const Reading reading = read_all(bytes + "abcdef");  // One byte too few for the first.
    CHECK(reading.fault().empty());
    CHECK(reading.events.size() == 1);
    CHECK(reading.is_truncated);
  }
}

TEST_CASE("a wrong sum is found behind its record, and what follows the end at the end") {
  RecordFile file;
  const std::size_t begin = file.bytes().size();
  file.add(idle_plan()).add(end_record());
  std::string bytes = file.bytes();
  bytes.back() = static_cast<char>(bytes.back() ^ 1);
  CHECK(read_all(bytes).fault() == damaged_at(bytes.size(), "a record does not fit its checksum"));
  const std::string twice =
      file.bytes().substr(0, begin) + file.bytes().substr(begin) + file.bytes().substr(begin);
  CHECK(read_all(twice).fault() ==
        damaged_at(file.bytes().size(), "something stands behind the end"));
}

TEST_CASE("the last record is the end, and nothing follows it") {
  RecordFile file;
  file.add(idle_plan(7)).add(end_record());
  auto reader = RecordingReader::open(file.bytes(), "a.rec");
  REQUIRE(reader.has_value());
  CHECK(reader->name() == "a.rec");
  const std::size_t first = reader->position();
  CHECK(first == RecordFile().bytes().size());
  CHECK(std::get<RecordedPlan>(**reader->next()).now == TimePoint(std::chrono::nanoseconds(7)));
  CHECK(reader->position() > first);
  const RecordedEvent last = **reader->next();
  CHECK(std::get<RecordedEnd>(last).decision_hash == 0xAB);
  CHECK(std::get<RecordedEnd>(last).num_steps == 3);
  CHECK(reader->position() == file.bytes().size());
  for (int i = 0; i < 2; ++i) CHECK_FALSE(reader->next()->has_value());
  CHECK_FALSE(reader->is_truncated());
}
