// Turns events into a recording's bytes, as recording.hpp lays them out. Appends to a string that
// its owner takes whenever it likes: records are whole there.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_set>

#include "src/recording/byte_code.hpp"
#include "src/recording/recording.hpp"

namespace octavo {

/// What a record begins with: the check of its size; and what it ends with.
std::uint8_t check_of_size(std::uint64_t size, std::uint64_t ordinal);
std::uint32_t sum_of(std::string_view payload, std::uint64_t ordinal);

class RecordingWriter {
 public:
  /// The first line and the header's record stand in bytes() at once.
  explicit RecordingWriter(const RecordingHeader& header);

  void submitted(const Request& request, TimePoint now);
  void cancelled(RequestId request, CancelReason reason, TimePoint now, std::int32_t choice);
  void asked_to_preempt(RequestId request, PreemptionMode mode);
  /// hash: of the decisions up to this plan; null when there was none.
  void planned(const std::uint64_t* hash, TimePoint now);
  /// beams: the sequences whose k best decide something.
  void completed(const StepReceipt& receipt, const StepResult& result, TimePoint now,
                 const std::unordered_set<SequenceId>& beams);
  void failed(StepId step, Errc code, TimePoint now);
  void transferred(const std::vector<TransferId>& finished);
  void ended(std::uint64_t decision_hash, std::uint64_t num_steps, TimePoint now);

  std::string& bytes() { return bytes_; }

 private:
  void begin(RecordKind kind);
  void begin(RecordKind kind, TimePoint now);
  void end();
  void put_transfers(const std::vector<TransferId>& transfers);

  std::string bytes_;
  std::string payload_;  ///< What the record that is being written holds.
  ByteWriter out_{payload_};
  TimePoint last_;
  std::uint64_t ordinal_ = 0;
};

}  // namespace octavo
