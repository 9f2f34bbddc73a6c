// A recording: everything that entered a scheduler, in order, so that its decisions can be repeated
// bit for bit without the model, and asked what they would have been otherwise.
//
// The file. A line "octavo-recording VERSION\n", then records, one after the other:
//
//   size     LEB128, of the payload
//   check    1 byte, the low one of XXH3(size as 8 bytes, seed = ordinal of the record from 0)
//   payload  its kind (1 byte), then the fields of that kind below, as byte_code.hpp writes numbers
//   sum      4 bytes, the low ones of XXH3(payload, seed = ordinal)
//
// The first record is the header, as JSON: the scheduler's and the cache's configuration, the
// model's name, the bytes of a token's keys and values. The last one is the end, with the decision
// hash; a file without it was cut off, and holds until its last whole record. Times are nanoseconds
// since the record before. A plan is stored as its chained hash, which is what a replay is compared
// with.
//
// What it reveals of the clients: prompts and completions as token ids, which the tokenizer turns
// back into text; lengths, times, priorities, deadlines. Not: text, stop strings, what only the
// sampler needs (temperature, penalties, biases), API keys (a tenant is a hash keyed by the
// process), nor addresses. Of log-probabilities only the candidates of beam searches.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "src/core/request.hpp"
#include "src/core/step.hpp"
#include "src/scheduler/scheduler_config.hpp"

namespace octavo {

constexpr std::string_view kRecordingMagic = "octavo-recording ";
constexpr int kRecordingVersion = 3;
constexpr int kOldestRecordingVersion = 2;  ///< Of those that are read.
constexpr int kFirstVersionWithForced = 3;  ///< Before it no sample had forced tokens after it.

struct RecordingHeader {
  SchedulerConfig engine;
  std::string model;
  std::int64_t kv_bytes_per_token = 0;  ///< 0: unknown.
  std::int64_t started_at = 0;          ///< Unix seconds.
  TimePoint origin;                     ///< What the first record's time counts from.
};

enum class RecordKind : std::uint8_t {
  kHeader = 1,
  kSubmission,
  kCancellation,
  kPreemptionAsked,
  kPlan,
  kIdlePlan,
  kCompletion,
  kFailure,
  kTransfers,
  kEnd,
};

struct RecordedSubmission {
  TimePoint now;
  Request request;  ///< With the part of its sampling that the scheduler decides by.
};
struct RecordedCancellation {
  TimePoint now;
  RequestId request;
  CancelReason reason = CancelReason::kClientGone;
  std::int32_t choice = -1;
};
struct RecordedPreemption {
  RequestId request;
  PreemptionMode mode = PreemptionMode::kRecompute;
};
struct RecordedPlan {
  TimePoint now;
  std::optional<std::uint64_t>
      hash;  ///< The hash of all decisions so far; none: there was nothing to do.
};
struct RecordedCompletion {
  TimePoint now;
  StepReceipt receipt;
  StepResult result;  ///< Log-probabilities only where a beam search decides by them.
};
struct RecordedFailure {
  TimePoint now;
  StepId step;
  Errc code = Errc::kEngineError;
};
struct RecordedTransfers {
  std::vector<TransferId> finished;
};
struct RecordedEnd {
  TimePoint now;
  std::uint64_t decision_hash = 0;
  std::uint64_t num_steps = 0;
};

using RecordedEvent =
    std::variant<RecordedSubmission, RecordedCancellation, RecordedPreemption, RecordedPlan,
                 RecordedCompletion, RecordedFailure, RecordedTransfers, RecordedEnd>;

/// By the first bytes; also what of them is left of a file that was cut off early.
bool is_recording(std::string_view bytes);

std::string header_text(const RecordingHeader& header);
/// Errors: kInvalidFile.
[[nodiscard]] Result<RecordingHeader> parse_header(std::string_view text);

}  // namespace octavo
