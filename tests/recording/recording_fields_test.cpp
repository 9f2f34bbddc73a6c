// Every field of a record at its bounds and just beyond: what the scheduler would assert of its
// arguments must not come out of a file.
#include <bit>
#include <cmath>
#include <limits>

#include "tests/recording/record_file.hpp"
#include "tests/support/catch.hpp"

using namespace octavo;
using namespace octavo::testing;

namespace {

bool is_read(const std::string& payload) {
  RecordFile file;
  file.add(payload);
  const Reading reading = read_all(file.bytes());
  if (!reading.error) return true;
  CHECK(reading.error->code == Errc::kInvalidFile);
  CHECK_THAT(reading.fault(), Catch::EndsWith("a record's fields are out of range"));
  return false;
}

std::string cancellation(std::int64_t time, std::uint64_t reason, std::int64_t choice) {
  return payload_of(RecordKind::kCancellation, [&](ByteWriter& out) {
    out.put_signed(time);
    out.put(1);
    out.put(reason);
    out.put_signed(choice);
  });
}

struct Submission {
  std::int64_t priority = 0;
  std::uint64_t has_namespace = 0;
  std::int64_t deadline = 0;
  std::uint64_t has_deadline_and_share = 1;
  double share = 1;
  std::int64_t max_tokens = 1, min_tokens = 0, n = 1, beam_width = 0;
  float length_penalty = 1.0F;
  std::uint64_t early_stopping = 0;
  std::uint64_t num_stops = 0, num_prompt = 1;

  std::string payload() const {
    return payload_of(RecordKind::kSubmission, [this](ByteWriter& out) {
      out.put_signed(0);
      out.put(1);
      out.put_signed(priority);
      out.put_fixed(0);
      out.put(has_namespace);
      out.put(has_deadline_and_share);
      out.put_signed(deadline);
      if (has_deadline_and_share == 3) out.put_fixed(std::bit_cast<std::uint64_t>(share));
      out.put_signed(max_tokens);
      out.put_signed(min_tokens);
      out.put(0);
      out.put_signed(n);
      out.put_signed(beam_width);
      out.put_float(length_penalty);
      out.put(early_stopping);
      out.put(0);
      out.put(num_stops);
      out.put(num_prompt);
      out.put(7);
    });
  }
};

struct Completion {
  std::int64_t elapsed = 1, transfer_elapsed = 1;
  std::int64_t num_free = 1, num_cached = 0, num_host_free = 0, num_transferred = 0;
  std::uint64_t direction = 0;
  std::int64_t started_cached = 0, started_scheduled = 0;
  std::uint64_t promotes = 0, code = 0;
  std::int64_t candidate = 3;
  float logprob = -0.5F;
  std::uint64_t num_sampled = 1, num_forced = 1;
  std::int64_t forced = 4;

  std::string payload() const {
    return payload_of(RecordKind::kCompletion, [this](ByteWriter& out) {
      for (const std::int64_t each : {std::int64_t{0}, std::int64_t{-1}}) out.put_signed(each);
      out.put_signed(elapsed);
      for (const std::int64_t each : {num_free, num_cached, num_host_free}) out.put_signed(each);
      for (const std::uint64_t each : {std::uint64_t{1}, std::uint64_t{1}, std::uint64_t{1}})
        out.put(each);
      out.put(direction);
      out.put_signed(num_transferred);
      out.put_signed(transfer_elapsed);
      for (const std::uint64_t each : {std::uint64_t{1}, std::uint64_t{1}}) out.put(each);
      for (const std::int64_t each : {started_cached, started_scheduled}) out.put_signed(each);
      out.put(promotes);
      for (const std::uint64_t each : {std::uint64_t{1}, std::uint64_t{1}, code}) out.put(each);
      out.put(num_sampled);
      for (const std::int64_t each : {std::int64_t{1}, std::int64_t{-7}}) out.put_signed(each);
      out.put(1);
      out.put_signed(candidate);
      out.put_float(logprob);
      out.put(num_forced);
      out.put_signed(forced);
    });
  }
};

/// Reads with one member changed.
template <class Record, class Member, class Value>
bool reads_with(Member Record::*member, Value value) {
  Record record;
  record.*member = static_cast<Member>(value);
  return is_read(record.payload());
}

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

}  // namespace

TEST_CASE("the records that the other tests change one field of are read as they are") {
  CHECK(is_read(Submission{}.payload()));
  CHECK(is_read(Completion{}.payload()));
  CHECK(is_read(cancellation(0, 0, 0)));
}

TEST_CASE("a cancel has one of the reasons, and a choice or all of them") {
  CHECK(is_read(cancellation(0, static_cast<std::uint64_t>(CancelReason::kSteered), -1)));
  CHECK_FALSE(is_read(cancellation(0, static_cast<std::uint64_t>(CancelReason::kSteered) + 1, -1)));
  CHECK_FALSE(is_read(cancellation(0, 256, -1)));
  CHECK_FALSE(is_read(cancellation(0, 0, -2)));
}

TEST_CASE("times stay within 73 years of the origin, one step at a time or many") {
  constexpr std::int64_t kLatest = std::int64_t{1} << 61;
  for (const std::int64_t sign : {1, -1}) {
    CHECK(is_read(cancellation(sign * kLatest, 0, 0)));
    CHECK_FALSE(is_read(cancellation(sign * (kLatest + 1), 0, 0)));
    RecordFile file;
    file.add(cancellation(sign * kLatest, 0, 0)).add(cancellation(sign, 0, 0));
    CHECK_THAT(read_all(file.bytes()).fault(), Catch::Contains("out of range"));
  }
  CHECK_FALSE(is_read(cancellation(std::numeric_limits<std::int64_t>::min(), 0, 0)));
}

TEST_CASE("a preemption, a failure and a transfer name one of their kinds") {
  const auto preemption = [](std::uint64_t mode) {
    return payload_of(RecordKind::kPreemptionAsked, [&](ByteWriter& out) {
      out.put(1);
      out.put(mode);
    });
  };
  CHECK(is_read(preemption(1)));
  CHECK_FALSE(is_read(preemption(2)));
  const auto failure = [](std::uint64_t code) {
    return payload_of(RecordKind::kFailure, [&](ByteWriter& out) {
      out.put_signed(0);
      out.put(1);
      out.put(code);
    });
  };
  CHECK(is_read(failure(static_cast<std::uint64_t>(Errc::kOutOfMemory))));
  CHECK_FALSE(is_read(failure(static_cast<std::uint64_t>(Errc::kOutOfMemory) + 1)));
  const auto transfers = [](std::uint64_t count, std::uint64_t direction) {
    return payload_of(RecordKind::kTransfers, [&](ByteWriter& out) {
      for (const std::uint64_t each : {count, std::uint64_t{1}, std::uint64_t{1}, direction})
        out.put(each);
    });
  };
  CHECK(is_read(transfers(1, 1)));
  CHECK_FALSE(is_read(transfers(1, 2)));
  CHECK_FALSE(is_read(transfers(2, 1)));
  CHECK_FALSE(is_read(transfers(std::uint64_t{1} << 62, 1)));  // Nothing is reserved for them.
}

TEST_CASE("a share is a number above nothing, and there only where it is said to be") {
  Submission submission;
  submission.has_deadline_and_share = 3;
  for (const auto& [share, is_good] : std::vector<std::pair<double, bool>>{{0.5, true},
                                                                           {1e6, true},
                                                                           {0, false},
                                                                           {-1, false},
                                                                           {1e10, false},
                                                                           {std::nan(""), false}}) {
    CAPTURE(share);
    submission.share = share;
    CHECK(is_read(submission.payload()) == is_good);
  }
  CHECK_FALSE(reads_with(&Submission::has_deadline_and_share, 4));
}

TEST_CASE("a submission asks for what a request may ask for") {
  CHECK(reads_with(&Submission::priority, std::numeric_limits<std::int32_t>::min()));
  CHECK_FALSE(reads_with(&Submission::priority, std::int64_t{1} << 31));
  CHECK_FALSE(reads_with(&Submission::has_namespace, 2));
  CHECK_FALSE(reads_with(&Submission::deadline, (std::int64_t{1} << 61) + 1));
  CHECK_FALSE(reads_with(&Submission::max_tokens, -1));
  CHECK_FALSE(reads_with(&Submission::min_tokens, -1));
  CHECK(reads_with(&Submission::n, 1024));
  CHECK_FALSE(reads_with(&Submission::n, 1025));
  CHECK_FALSE(reads_with(&Submission::n, 0));
  CHECK(reads_with(&Submission::beam_width, 1024));
  CHECK_FALSE(reads_with(&Submission::beam_width, 1025));
  CHECK_FALSE(reads_with(&Submission::beam_width, -1));
  CHECK_FALSE(reads_with(&Submission::length_penalty, kInfinity));
  CHECK_FALSE(reads_with(&Submission::length_penalty, kNan));
  CHECK(reads_with(&Submission::early_stopping, EarlyStopping::kNever));
  CHECK_FALSE(reads_with(&Submission::early_stopping, 3));
  CHECK_FALSE(reads_with(&Submission::num_stops, 3));
  CHECK_FALSE(reads_with(&Submission::num_prompt, 2));
  Submission more_than_beams;
  more_than_beams.n = 3;
  more_than_beams.beam_width = 2;
  CHECK_FALSE(is_read(more_than_beams.payload()));
}

TEST_CASE("a completion counts nothing below zero, and no step takes longer than nine hours") {
  for (auto member :
       {&Completion::num_free, &Completion::num_cached, &Completion::num_host_free,
        &Completion::num_transferred, &Completion::started_cached, &Completion::started_scheduled,
        &Completion::candidate, &Completion::forced}) {
    CHECK(reads_with(member, std::numeric_limits<std::int32_t>::max()));
    CHECK_FALSE(reads_with(member, -1));
    CHECK_FALSE(reads_with(member, std::int64_t{1} << 31));
  }
  for (auto member : {&Completion::elapsed, &Completion::transfer_elapsed}) {
    CHECK(reads_with(member, std::int64_t{1} << 45));
    CHECK_FALSE(reads_with(member, (std::int64_t{1} << 45) + 1));
  }
  CHECK(reads_with(&Completion::direction, 1));
  CHECK_FALSE(reads_with(&Completion::direction, 2));
  CHECK_FALSE(reads_with(&Completion::promotes, 2));
  CHECK_FALSE(reads_with(&Completion::code, static_cast<int>(Errc::kOutOfMemory) + 1));
  CHECK(reads_with(&Completion::logprob, -kInfinity));  // A token that cannot be.
  CHECK_FALSE(reads_with(&Completion::logprob, kNan));
  CHECK_FALSE(reads_with(&Completion::num_sampled, 2));
  CHECK_FALSE(reads_with(&Completion::num_sampled, 0));
  CHECK_FALSE(reads_with(&Completion::num_forced, 2));
  CHECK_FALSE(reads_with(&Completion::num_forced, 0));
}
