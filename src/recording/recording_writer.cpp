#include "src/recording/recording_writer.hpp"

#include <xxhash.h>

#include <array>
#include <bit>

namespace octavo {
namespace {

void put_sampling(ByteWriter& out, const SamplingParams& sampling) {
  out.put_signed(sampling.max_tokens);
  out.put_signed(sampling.min_tokens);
  out.put(sampling.ignore_eos ? 1 : 0);
  out.put_signed(sampling.n);
  out.put_signed(sampling.beam_width);
  out.put_float(sampling.length_penalty);
  out.put(static_cast<std::uint64_t>(sampling.early_stopping));
  out.put(sampling.seed ? 1 : 0);
  if (sampling.seed) out.put_fixed(*sampling.seed);
  out.put(sampling.stop_token_ids.size());
  for (TokenId token : sampling.stop_token_ids) out.put(static_cast<std::uint64_t>(token));
}

void put_credits(ByteWriter& out, const CacheCredits& credits) {
  out.put_signed(credits.num_free);
  out.put_signed(credits.num_cached);
  out.put_signed(credits.num_host_free);
}

void put_sample(ByteWriter& out, const SampledToken& sampled, bool has_candidates) {
  out.put_signed(sampled.token);
  out.put(has_candidates ? sampled.top.size() : 0);
  if (has_candidates) {
    for (const TokenLogprob& each : sampled.top) {
      out.put_signed(each.id);
      out.put_float(each.logprob);
    }
  }
  out.put(sampled.forced.size());
  for (TokenId token : sampled.forced) out.put_signed(token);
}

}  // namespace

std::uint8_t check_of_size(std::uint64_t size, std::uint64_t ordinal) {
  std::array<unsigned char, 8> bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i)
    bytes[i] = static_cast<unsigned char>(size >> (8 * i));
  return static_cast<std::uint8_t>(XXH3_64bits_withSeed(bytes.data(), bytes.size(), ordinal));
}

std::uint32_t sum_of(std::string_view payload, std::uint64_t ordinal) {
  return static_cast<std::uint32_t>(XXH3_64bits_withSeed(payload.data(), payload.size(), ordinal));
}

RecordingWriter::RecordingWriter(const RecordingHeader& header) : last_(header.origin) {
  bytes_ = std::string(kRecordingMagic) + std::to_string(kRecordingVersion) + "\n";
  begin(RecordKind::kHeader);
  payload_ += header_text(header);
  end();
}

void RecordingWriter::begin(RecordKind kind) {
  payload_.clear();
  payload_.push_back(static_cast<char>(kind));
}

void RecordingWriter::begin(RecordKind kind, TimePoint now) {
  begin(kind);
  out_.put_signed(std::chrono::nanoseconds(now - last_).count());
  last_ = now;
}

void RecordingWriter::end() {
  ByteWriter frame(bytes_);
  frame.put(payload_.size());
  bytes_.push_back(static_cast<char>(check_of_size(payload_.size(), ordinal_)));
  bytes_ += payload_;
  frame.put_fixed(sum_of(payload_, ordinal_), 4);
  ++ordinal_;
}

void RecordingWriter::submitted(const Request& request, TimePoint now) {
  begin(RecordKind::kSubmission, now);
  out_.put(request.id.value);
  out_.put_signed(request.priority);
  out_.put_fixed(request.tenant);
  out_.put(request.cache_namespace == request.tenant ? 0 : 1);
  if (request.cache_namespace != request.tenant) out_.put_fixed(request.cache_namespace);
  // Two answers in one number, the second of which older recordings never had.
  const bool has_share = request.share != 1;
  out_.put((request.deadline ? 1U : 0U) | (has_share ? 2U : 0U));
  if (request.deadline) out_.put_signed(std::chrono::nanoseconds(*request.deadline - now).count());
  if (has_share) out_.put_fixed(std::bit_cast<std::uint64_t>(request.share));
  put_sampling(out_, request.sampling);
  out_.put(request.prompt.size());
  for (TokenId token : request.prompt) out_.put(static_cast<std::uint64_t>(token));
  // Only where they are asked for, so that other recordings are what they were before.
  if (request.sampling.num_prompt_logprobs >= 0)
    out_.put_signed(request.sampling.num_prompt_logprobs);
  end();
}

void RecordingWriter::cancelled(RequestId request, CancelReason reason, TimePoint now,
                                std::int32_t choice) {
  begin(RecordKind::kCancellation, now);
  out_.put(request.value);
  out_.put(static_cast<std::uint64_t>(reason));
  out_.put_signed(choice);
  end();
}

void RecordingWriter::asked_to_preempt(RequestId request, PreemptionMode mode) {
  begin(RecordKind::kPreemptionAsked);
  out_.put(request.value);
  out_.put(static_cast<std::uint64_t>(mode));
  end();
}

void RecordingWriter::planned(const std::uint64_t* hash, TimePoint now) {
  begin(hash == nullptr ? RecordKind::kIdlePlan : RecordKind::kPlan, now);
  if (hash != nullptr) out_.put_fixed(*hash);
  end();
}

void RecordingWriter::put_transfers(const std::vector<TransferId>& transfers) {
  out_.put(transfers.size());
  for (const TransferId& each : transfers) {
    out_.put(each.step.value);
    out_.put(each.request.value);
    out_.put(static_cast<std::uint64_t>(each.direction));
  }
}

void RecordingWriter::completed(const StepReceipt& receipt, const StepResult& result, TimePoint now,
                                const std::unordered_set<SequenceId>& beams) {
  begin(RecordKind::kCompletion, now);
  out_.put(result.id.value);
  out_.put_signed(result.elapsed.count());
  put_credits(out_, receipt.credits);
  put_transfers(result.transfers_finished);
  out_.put_signed(result.num_blocks_transferred);
  out_.put_signed(result.transfer_elapsed.count());
  out_.put(receipt.started.size());
  for (const StartedSequence& each : receipt.started) {
    out_.put(each.id.value);
    out_.put_signed(each.num_cached_tokens);
    out_.put_signed(each.num_scheduled_tokens);
    out_.put(each.promotes ? 1 : 0);
  }
  out_.put(result.failed.size());
  for (const FailedSequence& each : result.failed) {
    out_.put(each.id.value);
    out_.put(static_cast<std::uint64_t>(each.error.code));
  }
  out_.put(result.sampled.size());
  std::uint64_t last = 0;
  for (const SampledToken& each : result.sampled) {
    out_.put_signed(static_cast<std::int64_t>(each.sequence.value - last));
    last = each.sequence.value;
    put_sample(out_, each, !beams.empty() && beams.count(each.sequence) != 0);
  }
  end();
}

void RecordingWriter::failed(StepId step, Errc code, TimePoint now) {
  begin(RecordKind::kFailure, now);
  out_.put(step.value);
  out_.put(static_cast<std::uint64_t>(code));
  end();
}

void RecordingWriter::transferred(const std::vector<TransferId>& finished) {
  begin(RecordKind::kTransfers);
  put_transfers(finished);
  end();
}

void RecordingWriter::ended(std::uint64_t decision_hash, std::uint64_t num_steps, TimePoint now) {
  begin(RecordKind::kEnd, now);
  out_.put_fixed(decision_hash);
  out_.put(num_steps);
  end();
}

}  // namespace octavo
