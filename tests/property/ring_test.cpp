// Random traffic against the pure rooms: scheduler, block manager and a fake executor in a ring,
// audited after every step.
#include <map>
#include <random>

#include "src/cache/block_manager.hpp"
#include "src/scheduler/scheduler.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/fake_executor.hpp"
#include "tests/support/plan_bytes.hpp"

using namespace octavo;

namespace {

constexpr std::int32_t kVocabSize = 50;

struct Told {
  std::map<std::int32_t, std::vector<TokenId>> tokens;  // by choice
  std::map<std::int32_t, int> num_ends;
  int num_finished = 0;
  int num_rejected = 0;
  bool cancelled = false;
};

class Ring {
 public:
  explicit Ring(std::uint64_t seed)
      : random_(seed),
        config_(make_config()),
        scheduler_(config_),
        blocks_(config_.num_blocks, config_.block_size),
        executor_(config_.num_blocks, config_.block_size, kVocabSize) {}

  void run(int num_events) {
    for (int i = 0; i < num_events; ++i) {
      now_ += std::chrono::milliseconds(pick(0, 20));
      const int what = pick(0, 99);
      if (what < 15)
        submit();
      else if (what < 20 && next_request_ > 1)
        cancel();
      else if (what < 60)
        plan();
      else if (!batches_.empty())
        complete();
      listen();
    }
    for (bool busy = true; busy; listen()) {  // Let everything end.
      busy = false;
      while (plan()) busy = true;
      if (!batches_.empty()) busy = true, complete();
    }
  }

  void check_ends() {
    CHECK(scheduler_.is_idle());
    CHECK(blocks_.num_free() == blocks_.num_blocks());
    CHECK(blocks_.num_sequences() == 0);
    CHECK(executor_.num_sequences() == 0);
    for (const auto& [id, told] : told_) {
      CAPTURE(id.value);
      CHECK(told.num_finished + told.num_rejected == 1);
      for (const auto& [choice, ends] : told.num_ends) CHECK(ends == 1);
    }
  }

  std::string bytes;
  int num_preemptions = 0;

 private:
  int pick(int low, int high) { return std::uniform_int_distribution<int>(low, high)(random_); }

  SchedulerConfig make_config() {
    SchedulerConfig config;
    config.block_size = pick(1, 9);
    config.num_blocks = pick(4, 60);
    config.max_model_len = pick(8, 200);
    config.max_num_seqs = pick(1, 12);
    config.max_num_batched_tokens = pick(1, 40);
    config.max_steps_in_flight = pick(1, 3);
    config.max_num_waiting = 20;
    config.eos_token_ids = {3};
    return config;
  }

  void submit() {
    Request request;
    request.id = RequestId{next_request_++};
    request.prompt.resize(static_cast<std::size_t>(pick(0, 40)));
    for (TokenId& token : request.prompt) token = pick(0, kVocabSize - 1);
    request.sampling.max_tokens = pick(0, 30);
    request.sampling.ignore_eos = pick(0, 1) == 1;
    request.sampling.n = pick(1, 3);
    if (pick(0, 9) == 0) request.deadline = now_ + std::chrono::milliseconds(pick(0, 500));
    told_[request.id];
    prompts_[request.id] = request.prompt;
    scheduler_.submit(std::move(request), now_);
  }

  void cancel() {
    const RequestId id{static_cast<std::uint64_t>(pick(1, static_cast<int>(next_request_) - 1))};
    told_[id].cancelled = true;
    scheduler_.cancel(id, CancelReason::kClientCancelled, now_, pick(-1, 2));
  }

  bool plan() {
    auto plan = scheduler_.plan(now_);
    if (!plan) return false;
    bytes += testing::plan_bytes(*plan);
    std::int32_t num_tokens = 0;
    for (const auto& each : plan->scheduled) num_tokens += each.num_tokens;
    CHECK(num_tokens <= config_.max_num_batched_tokens);
    CHECK(static_cast<std::int32_t>(plan->scheduled.size()) <= config_.max_num_seqs);
    num_preemptions += static_cast<int>(plan->preempted.size());
    batches_.push_back(blocks_.reserve(std::move(*plan)));
    CHECK(blocks_.is_consistent());
    CHECK(scheduler_.status().num_free_blocks == blocks_.num_free());
    return true;
  }

  void complete() {
    auto result = executor_.execute(batches_.front());
    batches_.pop_front();
    REQUIRE(result.has_value());
    scheduler_.complete(*result, now_);
  }

  void listen() {
    for (RequestEvent& event : scheduler_.take_events()) {
      if (auto* tokens = std::get_if<TokensGenerated>(&event)) hear(*tokens);
      if (auto* finished = std::get_if<RequestFinished>(&event))
        ++told_[finished->request].num_finished;
      if (auto* rejected = std::get_if<RequestRejected>(&event))
        ++told_[rejected->request].num_rejected;
    }
  }

  void hear(const TokensGenerated& event) {
    Told& told = told_[event.request];
    std::vector<TokenId>& heard = told.tokens[event.choice];
    for (const SampledToken& each : event.tokens) {
      std::vector<TokenId> context = prompts_[event.request];
      context.insert(context.end(), heard.begin(), heard.end());
      CHECK(each.token ==
            testing::next_token(context,
                                kVocabSize));  // Preempted, chunked or crowded: the same token.
      heard.push_back(each.token);
    }
    if (event.finished) ++told.num_ends[event.choice];
  }

  std::mt19937_64 random_;
  SchedulerConfig config_;
  Scheduler scheduler_;
  BlockManager blocks_;
  testing::FakeExecutor executor_;
  TimePoint now_{};
  std::deque<StepBatch> batches_;
  std::uint64_t next_request_ = 1;
  std::map<RequestId, Told> told_;
  std::map<RequestId, std::vector<TokenId>> prompts_;
};

}  // namespace

TEST_CASE(
    "no block is lost or owned twice and every request ends exactly once under random traffic") {
  int num_preemptions = 0;
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    CAPTURE(seed);
    Ring ring(seed);
    ring.run(1000);
    ring.check_ends();
    num_preemptions += ring.num_preemptions;
  }
  CHECK(num_preemptions > 1000);  // The traffic is heavy enough to mean something.
}

TEST_CASE("the same seed gives the same plan bytes") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Ring first(seed);
    Ring second(seed);
    first.run(1000);
    second.run(1000);
    CHECK_FALSE(first.bytes.empty());
    CHECK(first.bytes == second.bytes);
  }
}
