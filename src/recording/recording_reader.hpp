// Reads a recording record by record, and trusts nothing in it: what the scheduler asserts of its
// arguments is checked here, as far as one record shows it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "src/core/result.hpp"
#include "src/recording/byte_code.hpp"
#include "src/recording/recording.hpp"

namespace octavo {

class RecordingReader {
 public:
  /// The bytes must outlive it; `name` stands for the file in errors. Errors: kInvalidFile when
  /// they are of a version that is not read, damaged, or end before the header does.
  [[nodiscard]] static Result<RecordingReader> open(std::string_view bytes, std::string name);

  /// Of the format that the file is written in.
  int version() const { return version_; }
  const RecordingHeader& header() const { return header_; }
  /// The next event; nothing after the last whole one. Errors: kInvalidFile, with the byte.
  [[nodiscard]] Result<std::optional<RecordedEvent>> next();
  /// Known once next() has answered nothing: the end record is missing.
  bool is_truncated() const { return !has_ended_; }
  /// Where the record begins that next() answers next.
  std::size_t position() const { return position_; }
  const std::string& name() const { return name_; }

 private:
  RecordingReader(std::string_view bytes, std::string name)
      : bytes_(bytes), name_(std::move(name)) {}

  Error fault(const std::string& what) const;
  /// The payload of the next record; nothing when the bytes end before it does.
  [[nodiscard]] Result<std::optional<std::string_view>> next_payload();
  std::optional<RecordedEvent> event_in(RecordKind kind, ByteReader& in);
  TimePoint time(ByteReader& in);

  RecordedSubmission submission(ByteReader& in);
  RecordedCompletion completion(ByteReader& in);

  std::string_view bytes_;
  std::string name_;
  int version_ = kRecordingVersion;
  RecordingHeader header_;
  std::size_t position_ = 0;
  std::uint64_t ordinal_ = 0;
  TimePoint last_;
  bool has_ended_ = false;
};

}  // namespace octavo
