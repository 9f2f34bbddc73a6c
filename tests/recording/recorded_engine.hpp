// A recorded engine that a test drives by hand, one step after the other.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "src/engine/engine_loop.hpp"
#include "src/recording/recorder.hpp"
#include "tests/support/fake_executor.hpp"

namespace octavo::testing {

class RecordedEngine {
 public:
  RecordedEngine(const SchedulerConfig& config, TimePoint now)
      : now_(now),
        executor_(config.num_blocks, config.block_size, 50),
        loop_(config, executor_, [this] { return now_; }),
        recorder_(header(config), [this](std::string piece) {
          bytes_ += piece;
          return true;
        }) {
    loop_.set_journal(&recorder_);
  }

  void wait(std::chrono::nanoseconds time) { now_ += time; }
  void submit(const Request& request) { loop_.submit(request); }
  void cancel(RequestId request, CancelReason reason) { loop_.cancel(request, reason); }
  /// Steps of `step_time` until there is nothing to do. Answers the tokens, in order.
  std::vector<TokenId> run(std::chrono::nanoseconds step_time) {
    executor_.step_time = step_time;
    std::vector<TokenId> heard;
    while (loop_.launch()) {
      now_ += step_time;
      loop_.complete_oldest();
      for (const RequestEvent& event : loop_.take_events()) {
        const auto* tokens = std::get_if<TokensGenerated>(&event);
        if (tokens == nullptr) continue;
        for (const SampledToken& each : tokens->tokens) heard.push_back(each.token);
      }
    }
    return heard;
  }
  /// The whole file.
  std::string close() {
    recorder_.close(now_);
    return bytes_;
  }

 private:
  static RecordingHeader header(const SchedulerConfig& config) {
    RecordingHeader header;
    header.engine = config;
    return header;
  }

  TimePoint now_;
  FakeExecutor executor_;
  EngineLoop loop_;
  std::string bytes_;
  Recorder recorder_;
};

}  // namespace octavo::testing
