// Recordings made by hand, record by record, whatever stands in them: for tests of the reader.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "src/recording/recording_reader.hpp"
#include "src/recording/recording_writer.hpp"

namespace octavo::testing {

/// The payload of a record, written field by field.
inline std::string payload_of(RecordKind kind, const std::function<void(ByteWriter&)>& write) {
  std::string payload(1, static_cast<char>(kind));
  ByteWriter out(payload);
  write(out);
  return payload;
}

class RecordFile {
 public:
  explicit RecordFile(int version = kRecordingVersion) : ordinal_(0) {
    bytes_ = std::string(kRecordingMagic) + std::to_string(version) + "\n";
    add(std::string(1, static_cast<char>(RecordKind::kHeader)) + header_text(RecordingHeader{}));
  }
  /// A file of these records alone, behind the first line.
  static RecordFile without_header() {
    RecordFile file;
    file.bytes_ = std::string(kRecordingMagic) + std::to_string(kRecordingVersion) + "\n";
    file.ordinal_ = 0;
    return file;
  }

  /// A record with the size, the check and the sum that fit it.
  RecordFile& add(const std::string& payload) {
    ByteWriter frame(bytes_);
    frame.put(payload.size());
    bytes_.push_back(static_cast<char>(check_of_size(payload.size(), ordinal_)));
    bytes_ += payload;
    frame.put_fixed(sum_of(payload, ordinal_), 4);
    ++ordinal_;
    return *this;
  }
  RecordFile& add_bytes(const std::string& bytes) {
    bytes_ += bytes;
    return *this;
  }

  const std::string& bytes() const { return bytes_; }
  std::uint64_t ordinal() const { return ordinal_; }

 private:
  std::string bytes_;
  std::uint64_t ordinal_;
};

/// What reading to the end gives.
struct Reading {
  std::vector<RecordedEvent> events;
  std::optional<Error> error;
  bool is_truncated = false;

  std::string fault() const { return error ? error->message() : ""; }
};

inline Reading read_all(const std::string& bytes) {
  Reading reading;
  auto reader = RecordingReader::open(bytes, "test.rec");
  if (!reader) {
    reading.error = reader.error();
    return reading;
  }
  for (;;) {
    auto event = reader->next();
    if (!event) {
      reading.error = event.error();
      return reading;
    }
    if (!*event) break;
    reading.events.push_back(std::move(**event));
  }
  reading.is_truncated = reader->is_truncated();
  return reading;
}

}  // namespace octavo::testing
