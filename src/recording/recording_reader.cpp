#include "src/recording/recording_reader.hpp"

#include <bit>

#include <charconv>
#include <cmath>
#include <utility>

#include "src/recording/recording_writer.hpp"

namespace octavo {
namespace {

// Nanoseconds.
constexpr std::int64_t kLatest = std::int64_t{1} << 61;       // 73 years.
constexpr std::int64_t kLongestStep = std::int64_t{1} << 45;  // Nine hours.

std::chrono::nanoseconds duration(ByteReader& in, std::int64_t longest = kLatest) {
  const std::int64_t count = in.get_signed();
  if (count < -longest || count > longest) in.fail();
  return std::chrono::nanoseconds(in.is_good() ? count : 0);
}

template <class Enum>
Enum get_enum(ByteReader& in, Enum last) {
  const std::uint64_t value = in.get();
  if (value > static_cast<std::uint64_t>(last)) in.fail();
  return in.is_good() ? static_cast<Enum>(value) : Enum{};
}

SamplingParams get_sampling(ByteReader& in) {
  SamplingParams sampling;
  sampling.max_tokens = in.get_int(0);
  sampling.min_tokens = in.get_int(0);
  sampling.ignore_eos = in.get_bool();
  sampling.n = in.get_int(1, 1024);
  sampling.beam_width = in.get_int(0, 1024);
  sampling.length_penalty = in.get_float();
  if (!std::isfinite(sampling.length_penalty)) in.fail();
  sampling.early_stopping = get_enum(in, EarlyStopping::kNever);
  if (in.get_bool()) sampling.seed = in.get_fixed();
  sampling.stop_token_ids.resize(in.get_count());
  for (TokenId& token : sampling.stop_token_ids) token = static_cast<TokenId>(in.get());
  if (sampling.beam_width > 0 && sampling.n > sampling.beam_width) in.fail();
  return sampling;
}

CacheCredits get_credits(ByteReader& in) {
  CacheCredits credits;
  credits.num_free = in.get_int(0);
  credits.num_cached = in.get_int(0);
  credits.num_host_free = in.get_int(0);
  return credits;
}

std::vector<TransferId> get_transfers(ByteReader& in) {
  std::vector<TransferId> transfers(in.get_count());
  for (TransferId& each : transfers) {
    each.step = StepId{in.get()};
    each.request = RequestId{in.get()};
    each.direction = get_enum(in, TransferDirection::kPromote);
  }
  return transfers;
}

void get_candidates(ByteReader& in, std::vector<TokenLogprob>& candidates) {
  candidates.resize(in.get_count());
  for (TokenLogprob& each : candidates) {
    each.id = in.get_int(0);
    each.logprob = in.get_float();
    if (std::isnan(each.logprob)) in.fail();
  }
}

}  // namespace

Result<RecordingReader> RecordingReader::open(std::string_view bytes, std::string name) {
  RecordingReader reader(bytes, std::move(name));
  const Error cut_off{
      Errc::kInvalidFile,
      reader.name_ + ": ends before its header does: the recording had only just begun", ""};
  const std::size_t end = bytes.substr(0, 64).find('\n');
  if (!bytes.starts_with(kRecordingMagic) || end == std::string_view::npos) return cut_off;
  const std::string_view version =
      bytes.substr(kRecordingMagic.size(), end - kRecordingMagic.size());
  reader.version_ = kOldestRecordingVersion;
  while (version != std::to_string(reader.version_)) {
    if (reader.version_++ < kRecordingVersion) continue;
    return Error{Errc::kInvalidFile,
                 reader.name_ + ": is a recording of version " + std::string(version) +
                     ", and this octavo reads versions " + std::to_string(kOldestRecordingVersion) +
                     " to " + std::to_string(kRecordingVersion),
                 ""};
  }
  reader.position_ = end + 1;
  const auto payload = reader.next_payload();
  if (!payload) return payload.error();
  if (!*payload) return cut_off;
  if ((*payload)->front() != static_cast<char>(RecordKind::kHeader))
    return reader.fault("the first record is not the header");
  auto header = parse_header((*payload)->substr(1));
  if (!header) return reader.fault(header.error().detail);
  reader.header_ = std::move(*header);
  reader.last_ = reader.header_.origin;
  return reader;
}

Error RecordingReader::fault(const std::string& what) const {
  return Error{Errc::kInvalidFile,
               name_ + ": damaged before byte " + std::to_string(position_) + ": " + what, ""};
}

Result<std::optional<std::string_view>> RecordingReader::next_payload() {
  const std::string_view rest = bytes_.substr(position_);
  ByteReader in(rest);
  const std::uint64_t size = in.get();
  if (!in.is_good() && rest.size() >= 10) return fault("a record's size is not a number");
  if (in.num_left() == 0) return std::optional<std::string_view>{};
  const std::size_t begin = rest.size() - in.num_left() + 1;
  if (static_cast<std::uint8_t>(rest[begin - 1]) != check_of_size(size, ordinal_) || size == 0)
    return fault("a record's size does not fit its check");
  if (size > rest.size() - begin || rest.size() - begin - size < 4)
    return std::optional<std::string_view>{};
  const std::string_view payload = rest.substr(begin, size);
  ByteReader sum(rest.substr(begin + size, 4));
  position_ += begin + size + 4;
  if (sum.get_fixed(4) != sum_of(payload, ordinal_))
    return fault("a record does not fit its checksum");
  ++ordinal_;
  return std::optional(payload);
}

Result<std::optional<RecordedEvent>> RecordingReader::next() {
  if (has_ended_) {
    if (position_ < bytes_.size()) return fault("something stands behind the end");
    return std::optional<RecordedEvent>{};
  }
  const auto payload = next_payload();
  if (!payload) return payload.error();
  if (!*payload) return std::optional<RecordedEvent>{};
  ByteReader in((*payload)->substr(1));
  auto event = event_in(static_cast<RecordKind>((*payload)->front()), in);
  if (!event) return fault("a record of an unknown kind");
  if (!in.is_good() || in.num_left() > 0) return fault("a record's fields are out of range");
  return event;
}

TimePoint RecordingReader::time(ByteReader& in) {
  const std::chrono::nanoseconds since_origin = last_ - header_.origin + duration(in);
  if (std::chrono::abs(since_origin).count() > kLatest) in.fail();
  if (in.is_good()) last_ = header_.origin + since_origin;
  return last_;
}

std::optional<RecordedEvent> RecordingReader::event_in(RecordKind kind, ByteReader& in) {
  switch (kind) {
    case RecordKind::kSubmission:
      return submission(in);
    case RecordKind::kCancellation: {
      RecordedCancellation event{time(in), RequestId{in.get()}, {}, -1};
      event.reason = get_enum(in, CancelReason::kSteered);
      event.choice = in.get_int(-1);
      return event;
    }
    case RecordKind::kPreemptionAsked: {
      RecordedPreemption event{RequestId{in.get()}, {}};
      event.mode = get_enum(in, PreemptionMode::kSwap);
      return event;
    }
    case RecordKind::kPlan: {
      RecordedPlan event{time(in), {}};
      event.hash = in.get_fixed();
      return event;
    }
    case RecordKind::kIdlePlan:
      return RecordedPlan{time(in), {}};
    case RecordKind::kCompletion:
      return completion(in);
    case RecordKind::kFailure: {
      RecordedFailure event{time(in), StepId{in.get()}, {}};
      event.code = get_enum(in, Errc::kOutOfMemory);
      return event;
    }
    case RecordKind::kTransfers:
      return RecordedTransfers{get_transfers(in)};
    case RecordKind::kEnd: {
      RecordedEnd event{time(in), in.get_fixed(), 0};
      event.num_steps = in.get();
      has_ended_ = true;
      return event;
    }
    case RecordKind::kHeader:
      break;
  }
  return std::nullopt;
}

namespace {

double share(ByteReader& in) {
  const auto value = std::bit_cast<double>(in.get_fixed());
  if (value > 0 && value < 1e9) return value;
  in.fail();
  return 1;
}

}  // namespace

RecordedSubmission RecordingReader::submission(ByteReader& in) {
  RecordedSubmission event;
  event.now = time(in);
  Request& request = event.request;
  request.id = RequestId{in.get()};
  request.priority = in.get_int(std::numeric_limits<std::int32_t>::min());
  request.tenant = request.cache_namespace = in.get_fixed();
  if (in.get_bool()) request.cache_namespace = in.get_fixed();
  const std::uint64_t given = in.get();
  if (given > 3) in.fail();
  if ((given & 1) != 0) request.deadline = event.now + duration(in);
  if ((given & 2) != 0) request.share = share(in);
  request.sampling = get_sampling(in);
  request.prompt.resize(in.get_count());
  for (TokenId& token : request.prompt) token = static_cast<TokenId>(in.get());
  if (in.num_left() > 0) request.sampling.num_prompt_logprobs = in.get_int(0, 20);
  return event;
}

RecordedCompletion RecordingReader::completion(ByteReader& in) {
  RecordedCompletion event;
  event.now = time(in);
  StepResult& result = event.result;
  result.id = event.receipt.id = StepId{in.get()};
  result.elapsed = duration(in, kLongestStep);
  event.receipt.credits = get_credits(in);
  result.transfers_finished = get_transfers(in);
  result.num_blocks_transferred = in.get_int(0);
  result.transfer_elapsed = duration(in, kLongestStep);
  event.receipt.started.resize(in.get_count());
  for (StartedSequence& each : event.receipt.started) {
    each.id = SequenceId{in.get()};
    each.num_cached_tokens = in.get_int(0);
    each.num_scheduled_tokens = in.get_int(0);
    each.promotes = in.get_bool();
  }
  result.failed.resize(in.get_count());
  for (FailedSequence& each : result.failed) {
    each.id = SequenceId{in.get()};
    each.error.code = get_enum(in, Errc::kOutOfMemory);
  }
  result.sampled.resize(in.get_count());
  std::uint64_t last = 0;
  for (SampledToken& each : result.sampled) {
    last += static_cast<std::uint64_t>(in.get_signed());
    each.sequence = SequenceId{last};
    each.token = in.get_int(std::numeric_limits<std::int32_t>::min());
    get_candidates(in, each.top);
    if (version_ < kFirstVersionWithForced) continue;
    each.forced.resize(in.get_count());
    for (TokenId& token : each.forced) token = in.get_int(0);
  }
  return event;
}

}  // namespace octavo
