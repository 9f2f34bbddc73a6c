// A recorded engine that a test drives by hand, one step after the other.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "src/cache/block_manager.hpp"
#include "src/replay/recorder.hpp"
#include "src/scheduler/scheduler.hpp"
#include "tests/support/fake_executor.hpp"

namespace octavo::testing {

class RecordedEngine {
 public:
  RecordedEngine(const SchedulerConfig& config, TimePoint now)
      : now_(now),
        scheduler_(config),
        blocks_(config.cache()),
        executor_(config.num_blocks, config.block_size, 50),
        recorder_(header(config), [this](std::string piece) {
          bytes_ += piece;
          return true;
        }) {}

  void wait(std::chrono::nanoseconds time) { now_ += time; }
  void submit(const Request& request) {
    recorder_.submitted(request, now_);
    scheduler_.submit(request, now_);
  }
  void cancel(RequestId request, CancelReason reason) {
    recorder_.cancelled(request, reason, now_, -1);
    scheduler_.cancel(request, reason, now_);
  }
  /// Steps of `step_time` until there is nothing to do. Answers the tokens, in order.
  std::vector<TokenId> run(std::chrono::nanoseconds step_time) {
    std::vector<TokenId> heard;
    for (;;) {
      auto plan = scheduler_.plan(now_);
      recorder_.planned(plan ? &*plan : nullptr, now_);
      if (!plan) return heard;
      auto result = executor_.execute(blocks_.reserve(std::move(*plan)));
      result->elapsed = step_time;
      now_ += step_time;
      recorder_.completed(*result, now_);
      scheduler_.complete(*result, now_);
      for (const RequestEvent& event : scheduler_.take_events()) {
        const auto* tokens = std::get_if<TokensGenerated>(&event);
        if (tokens == nullptr) continue;
        for (const SampledToken& each : tokens->tokens) heard.push_back(each.token);
      }
    }
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
  Scheduler scheduler_;
  BlockManager blocks_;
  FakeExecutor executor_;
  std::string bytes_;
  Recorder recorder_;
};

}  // namespace octavo::testing
