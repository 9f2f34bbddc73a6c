// Random traffic through the pure rooms: scheduler, block manager and a fake executor in a ring,
// with arrivals of every kind, conversations that go on and branch, cancels, preemptions, transfers
// that end late, and steps that fail. Who watches gets every plan, batch and event.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "src/engine/engine_loop.hpp"
#include "tests/support/fake_executor.hpp"
#include "tests/support/random_engine.hpp"

namespace octavo::testing {

class RandomRing final : private StepObserver {
 public:
  static constexpr std::int32_t kVocabSize = 50;

  /// What the clients asked, and what they were told.
  struct Conversation {
    std::vector<TokenId> prompt;
    bool is_beam_search = false;
    std::map<std::int32_t, std::vector<TokenId>> tokens;  ///< By choice.
    std::map<std::int32_t, int> num_ends;                 ///< By choice.
    int num_finished = 0;
    int num_rejected = 0;
    std::optional<Error> error;
  };

  /// What goes wrong besides: steps that a device fails, and prompts with a token that the model
  /// does not have.
  struct Faults {
    bool failing_steps = false;
    bool bad_tokens = false;
    bool forced_tokens = false;  ///< No fault, but a device that answers more than was asked.
  };

  RandomRing(std::uint64_t seed, Faults faults) : RandomRing(Random(seed), faults) {}
  RandomRing(Random random, Faults faults)
      : random_(std::move(random)),
        faults_(faults),
        config_(make_config()),
        executor_(config_.num_blocks, config_.block_size, kVocabSize, config_.num_host_blocks),
        loop_(
            config_, executor_, [this] { return now_; }, random_.bits()) {
    executor_.forces = faults_.forced_tokens;
    executor_.holds_transfers = !random_.one_in(3);
    loop_.set_observer(this);
  }

  std::function<void(const StepPlan&)> on_plan;
  std::function<void(const StepBatch&)> on_batch;
  std::function<void(const StepResult&)> on_result;
  std::function<void(const RequestEvent&)> on_event;
  void set_journal(SchedulerJournal* journal) { loop_.set_journal(journal); }

  /// Random events, then everything comes to its end. False when it did not.
  bool run(int num_events) {
    for (int i = 0; i < num_events; ++i) act();
    int num_rounds = 0;
    for (bool is_busy = true; is_busy; listen()) {
      if (++num_rounds == kTooManyRounds) return false;
      is_busy = false;
      while (launch()) is_busy = true;
      if (executor_.num_transfers() > 0) is_busy = true, transfer();
      if (loop_.oldest() != nullptr) is_busy = true, complete();
    }
    return true;
  }

  const SchedulerConfig& config() const { return config_; }
  const Scheduler& scheduler() const { return loop_.scheduler(); }
  const BlockManager& blocks() const { return loop_.blocks(); }
  const FakeExecutor& executor() const { return executor_; }
  const std::map<RequestId, Conversation>& conversations() const { return conversations_; }
  TimePoint now() const { return now_; }
  std::int64_t num_forks() const { return num_forks_; }
  std::int64_t num_failures() const { return num_failures_; }
  /// All that the random draws decided: the same on every machine and with every compiler.
  std::uint64_t traffic_hash() const { return traffic_.value(); }

 private:
  static constexpr int kTooManyRounds = 100'000;

  SchedulerConfig make_config() {
    SchedulerConfig config = random_engine(random_);
    config.seed = random_.bits();
    return config;
  }

  void act() {
    now_ += std::chrono::microseconds(random_.pick(0, 20'000));
    const int what = random_.pick(0, 99);
    traffic_.add(static_cast<std::uint64_t>(what));
    traffic_.add_signed(now_.time_since_epoch().count());
    if (what < 12)
      submit();
    else if (what < 16)
      cancel();
    else if (what < 21)
      preempt();
    else if (what < 55)
      launch();
    else if (what < 65)
      transfer();
    else if (loop_.oldest() != nullptr)
      complete();
    listen();
  }

  void submit() {
    Request request;
    request.id = RequestId{next_request_++};
    request.prompt = random_prompt();
    request.sampling = random_sampling();
    request.priority = random_.pick(-1, 1);
    request.tenant = static_cast<std::uint64_t>(random_.pick(0, 2));
    request.cache_namespace = request.tenant + static_cast<std::uint64_t>(random_.pick(0, 1));
    if (random_.one_in(10))
      request.deadline = now_ + std::chrono::milliseconds(random_.pick(0, 500));
    Conversation& conversation = conversations_[request.id];
    conversation.prompt = request.prompt;
    conversation.is_beam_search = request.sampling.is_beam_search();
    add_to_traffic(request);
    loop_.submit(std::move(request));
  }

  // Perhaps with all that was answered before: a conversation goes on, or branches.
  std::vector<TokenId> random_prompt() {
    std::vector<TokenId> prompt;
    const bool continues = random_.one_in(3) && !conversations_.empty();
    if (continues) {
      const int parent = random_.pick(1, static_cast<int>(conversations_.size()));
      Conversation& earlier = conversations_[RequestId{static_cast<std::uint64_t>(parent)}];
      prompt = earlier.prompt;
      prompt.insert(prompt.end(), earlier.tokens[0].begin(), earlier.tokens[0].end());
    }
    const int num_new = continues ? random_.pick(1, 8) : random_.pick(0, 40);
    for (int i = 0; i < num_new; ++i) prompt.push_back(random_.pick(0, kVocabSize - 1));
    if (faults_.bad_tokens && random_.one_in(20)) prompt.push_back(kVocabSize);
    return prompt;
  }

  SamplingParams random_sampling() {
    SamplingParams sampling;
    sampling.max_tokens = random_.pick(0, 30);
    sampling.min_tokens = random_.pick(0, 2);
    sampling.ignore_eos = random_.one_in(2);
    if (random_.one_in(4)) sampling.stop_token_ids = {random_.pick(0, kVocabSize - 1)};
    if (random_.one_in(4)) sampling.seed = random_.bits();
    sampling.stop = {"a stop string, which is the session's to find"};
    if (random_.one_in(4)) sampling.n = random_.pick(2, 4);
    if (random_.one_in(6)) {
      sampling.beam_width = sampling.n + random_.pick(0, 2);
      sampling.length_penalty = 0.5F * static_cast<float>(random_.pick(0, 4));
      sampling.early_stopping = static_cast<EarlyStopping>(random_.pick(0, 2));
    }
    return sampling;
  }

  /// Most likely one that still runs; perhaps one that has not come yet.
  RequestId any_request() {
    const int last = static_cast<int>(next_request_);
    return RequestId{static_cast<std::uint64_t>(random_.pick(std::max(1, last - 8), last))};
  }

  void cancel() {
    const RequestId request = any_request();
    const auto reason = static_cast<CancelReason>(random_.pick(0, 6));
    const int choice = random_.pick(-1, 2);
    traffic_.add(request.value);
    traffic_.add_signed(choice);
    loop_.cancel(request, reason, choice);
  }

  void preempt() {
    const RequestId request = any_request();
    const bool swaps = random_.one_in(2);
    const auto mode = swaps ? PreemptionMode::kSwap : PreemptionMode::kRecompute;
    traffic_.add(request.value);
    loop_.preempt(request, mode);
  }

  bool launch() { return loop_.launch(); }

  void planned(const StepPlan& plan) override {
    num_forks_ += static_cast<std::int64_t>(plan.forks.size());
    for (const ScheduledSequence& each : plan.scheduled) num_forks_ += each.twin_of >= 0 ? 1 : 0;
    if (on_plan) on_plan(plan);
  }
  void reserved(const StepBatch& batch) override {
    newest_ = batch.id;
    if (on_batch) on_batch(batch);
  }
  void collected(const StepResult& result) override {
    has_failed_ = false;
    if (on_result) on_result(result);
  }

  void complete() {
    // A device that fell over fails all that it has been given.
    if (faults_.failing_steps && random_.one_in(60)) fails_until_ = newest_;
    executor_.fail_next = loop_.oldest()->id <= fails_until_;
    now_ += std::chrono::microseconds(random_.pick(1, 300));
    has_failed_ = true;
    loop_.complete_oldest();
    num_failures_ += has_failed_ ? 1 : 0;
  }

  // Later than its step, and perhaps without any.
  void transfer() {
    const auto count = static_cast<std::size_t>(random_.pick(1, 2));
    std::vector<TransferId> finished;
    executor_.finish_transfers(count, finished);
    if (finished.empty()) return;
    loop_.finish_transfers(finished);
  }

  void listen() {
    for (const RequestEvent& event : loop_.take_events()) {
      if (const auto* tokens = std::get_if<TokensGenerated>(&event)) {
        Conversation& conversation = conversations_[tokens->request];
        std::vector<TokenId>& known = conversation.tokens[tokens->choice];
        if (on_event) on_event(event);
        for (const SampledToken& each : tokens->tokens) known.push_back(each.token);
        if (tokens->finished) ++conversation.num_ends[tokens->choice];
        continue;
      }
      if (const auto* finished = std::get_if<RequestFinished>(&event)) {
        ++conversations_[finished->request].num_finished;
        conversations_[finished->request].error = finished->error;
      }
      if (const auto* rejected = std::get_if<RequestRejected>(&event))
        ++conversations_[rejected->request].num_rejected;
      if (on_event) on_event(event);
    }
  }

  void add_to_traffic(const Request& request) {
    traffic_.add(request.id.value);
    for (TokenId token : request.prompt) traffic_.add_signed(token);
    traffic_.add_signed(request.sampling.max_tokens);
    traffic_.add_signed(request.sampling.n);
    traffic_.add_signed(request.sampling.beam_width);
    traffic_.add(request.sampling.seed.value_or(0));
    traffic_.add_signed(request.priority);
    traffic_.add(request.cache_namespace);
    traffic_.add(request.deadline ? 1 : 0);
  }

  Random random_;
  Faults faults_;
  SchedulerConfig config_;
  FakeExecutor executor_;
  EngineLoop loop_;
  TimePoint now_{std::chrono::hours(77)};
  StepId newest_;  ///< Launched last.
  bool has_failed_ = false;
  StepId fails_until_;
  std::uint64_t next_request_ = 1;
  std::map<RequestId, Conversation> conversations_;
  std::int64_t num_forks_ = 0;
  std::int64_t num_failures_ = 0;
  WordHash traffic_;
};

}  // namespace octavo::testing
