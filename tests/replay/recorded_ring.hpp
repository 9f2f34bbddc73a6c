// Random traffic through scheduler, block manager and a fake executor in a ring, recorded: arrivals
// of every kind, cancels, preemptions, late transfers and steps that fail.
#pragma once

#include <algorithm>
#include <deque>
#include <random>
#include <string>

#include "src/cache/block_manager.hpp"
#include "src/replay/recorder.hpp"
#include "src/scheduler/scheduler.hpp"
#include "tests/support/fake_executor.hpp"
#include "tests/support/random_engine.hpp"

namespace octavo::testing {

class RecordedRing {
 public:
  explicit RecordedRing(std::uint64_t seed, bool may_fail = false)
      : random_(seed),
        may_fail_(may_fail),
        config_(make_config()),
        scheduler_(config_),
        blocks_(config_.cache(random_())),
        executor_(config_.num_blocks, config_.block_size, kVocabSize, config_.num_host_blocks),
        recorder_(header(), [this](std::string piece) {
          bytes_ += piece;
          return true;
        }) {
    executor_.holds_transfers = pick(0, 1) == 0;
  }

  /// The whole file.
  const std::string& run(int num_events) {
    for (int i = 0; i < num_events; ++i) act();
    for (bool is_busy = true; is_busy;) {
      is_busy = false;
      while (plan()) is_busy = true;
      if (executor_.num_transfers() > 0) is_busy = true, transfer();
      if (!batches_.empty()) is_busy = true, complete();
    }
    recorder_.close(now_);
    return bytes_;
  }

  const SchedulerConfig& config() const { return config_; }
  const Recorder& recorder() const { return recorder_; }
  SchedulerStatus status() const { return scheduler_.status(); }
  std::int64_t num_forks() const { return num_forks_; }
  std::int64_t num_failures() const { return num_failures_; }
  std::int64_t num_hit_tokens() const { return blocks_.totals().num_hit_tokens; }

 private:
  static constexpr std::int32_t kVocabSize = 50;

  int pick(int low, int high) { return std::uniform_int_distribution<int>(low, high)(random_); }

  SchedulerConfig make_config() {
    SchedulerConfig config = random_engine(random_);
    config.seed = random_();
    return config;
  }

  RecordingHeader header() const {
    RecordingHeader header;
    header.engine = config_;
    header.model = "fake";
    header.origin = now_;
    return header;
  }

  void act() {
    now_ += std::chrono::microseconds(pick(0, 20'000));
    const int what = pick(0, 99);
    if (what < 12)
      submit();
    else if (what < 16)
      cancel();
    else if (what < 20)
      preempt();
    else if (what < 55)
      plan();
    else if (what < 65)
      transfer();
    else if (!batches_.empty())
      complete();
  }

  void submit() {
    Request request;
    request.id = RequestId{next_request_++};
    if (pick(0, 2) == 0 && !last_prompt_.empty()) request.prompt = last_prompt_;
    for (int i = pick(1, 40); i > 0; --i) request.prompt.push_back(pick(0, kVocabSize - 1));
    last_prompt_ = request.prompt;
    request.sampling.max_tokens = pick(0, 30);
    request.sampling.min_tokens = pick(0, 2);
    request.sampling.ignore_eos = pick(0, 1) == 1;
    if (pick(0, 3) == 0) request.sampling.stop_token_ids = {pick(0, kVocabSize - 1)};
    if (pick(0, 3) == 0) request.sampling.seed = random_();
    request.sampling.stop = {"not to be recorded"};
    request.sampling.n = pick(0, 3) == 0 ? pick(2, 4) : 1;
    if (pick(0, 4) == 0) {
      request.sampling.beam_width = request.sampling.n + pick(0, 2);
      request.sampling.length_penalty = 0.5F * static_cast<float>(pick(0, 4));
      request.sampling.early_stopping = static_cast<EarlyStopping>(pick(0, 2));
    }
    request.priority = pick(-1, 1);
    request.tenant = static_cast<std::uint64_t>(pick(0, 2));
    request.cache_namespace = request.tenant + static_cast<std::uint64_t>(pick(0, 1));
    if (pick(0, 9) == 0) request.deadline = now_ + std::chrono::milliseconds(pick(0, 500));
    recorder_.submitted(request, now_);
    scheduler_.submit(std::move(request), now_);
  }

  RequestId any_request() {
    const int last = static_cast<int>(next_request_);
    return RequestId{static_cast<std::uint64_t>(pick(std::max(1, last - 8), last))};
  }
  void cancel() {
    const auto reason = static_cast<CancelReason>(pick(0, 6));
    const RequestId request = any_request();
    const int choice = pick(-1, 2);
    recorder_.cancelled(request, reason, now_, choice);
    scheduler_.cancel(request, reason, now_, choice);
  }
  void preempt() {
    const auto mode = pick(0, 1) == 0 ? PreemptionMode::kSwap : PreemptionMode::kRecompute;
    const RequestId request = any_request();
    recorder_.asked_to_preempt(request, mode);
    scheduler_.preempt(request, mode);
  }

  bool plan() {
    auto plan = scheduler_.plan(now_);
    recorder_.planned(plan ? &*plan : nullptr, now_);
    if (!plan) return false;
    num_forks_ += static_cast<std::int64_t>(plan->forks.size());
    batches_.push_back(blocks_.reserve(std::move(*plan)));
    return true;
  }

  void complete() {
    if (may_fail_ && pick(0, 60) == 0) fails_until_ = batches_.back().id;
    executor_.fail_next = batches_.front().id <= fails_until_;
    const auto result = executor_.execute(batches_.front());
    const StepId step = batches_.front().id;
    batches_.pop_front();
    now_ += std::chrono::microseconds(pick(1, 300));
    if (result) {
      recorder_.completed(*result, now_);
      scheduler_.complete(*result, now_);
    } else {
      ++num_failures_;
      recorder_.failed(step, result.error(), now_);
      scheduler_.fail(step, result.error(), now_);
    }
    scheduler_.take_events();
  }

  void transfer() {
    std::vector<TransferId> finished;
    executor_.finish_transfers(static_cast<std::size_t>(pick(1, 2)), finished);
    if (finished.empty()) return;
    recorder_.transferred(finished);
    scheduler_.finish_transfers(finished);
  }

  std::mt19937_64 random_;
  bool may_fail_;
  SchedulerConfig config_;
  Scheduler scheduler_;
  BlockManager blocks_;
  FakeExecutor executor_;
  TimePoint now_{std::chrono::hours(77)};
  std::string bytes_;
  Recorder recorder_;
  std::deque<StepBatch> batches_;
  StepId fails_until_;
  std::uint64_t next_request_ = 1;
  std::vector<TokenId> last_prompt_;
  std::int64_t num_forks_ = 0;
  std::int64_t num_failures_ = 0;
};

}  // namespace octavo::testing
