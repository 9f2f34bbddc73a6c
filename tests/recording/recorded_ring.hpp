// The random ring, recorded as a server records itself.
#pragma once

#include <string>

#include "src/recording/recorder.hpp"
#include "tests/support/random_ring.hpp"

namespace octavo::testing {

class RecordedRing {
 public:
  explicit RecordedRing(std::uint64_t seed, RandomRing::Faults faults = {})
      : ring_(seed, faults), recorder_(header(), [this](std::string piece) {
          bytes_ += piece;
          return true;
        }) {
    ring_.set_journal(&recorder_);
  }

  /// The whole file.
  const std::string& run(int num_events) {
    ring_.run(num_events);
    recorder_.close(ring_.now());
    return bytes_;
  }

  const SchedulerConfig& config() const { return ring_.config(); }
  const Recorder& recorder() const { return recorder_; }
  SchedulerStatus status() const { return ring_.scheduler().status(); }
  std::int64_t num_forks() const { return ring_.num_forks(); }
  std::int64_t num_failures() const { return ring_.num_failures(); }
  std::int64_t num_hit_tokens() const { return ring_.blocks().totals().num_hit_tokens; }

 private:
  RecordingHeader header() const {
    RecordingHeader header;
    header.engine = ring_.config();
    header.model = "fake";
    header.origin = ring_.now();
    return header;
  }

  RandomRing ring_;
  std::string bytes_;
  Recorder recorder_;
};

}  // namespace octavo::testing
