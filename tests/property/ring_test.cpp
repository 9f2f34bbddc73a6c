// Random traffic against the pure rooms: scheduler, block manager and a fake executor in a ring,
// audited after every step.
#include <cstdlib>
#include <deque>
#include <map>
#include <random>

#include "src/cache/block_manager.hpp"
#include "src/scheduler/scheduler.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/fake_executor.hpp"
#include "tests/support/plan_bytes.hpp"
#include "tests/support/random_engine.hpp"

using namespace octavo;

namespace {

constexpr std::int32_t kVocabSize = 50;

struct Told {
  std::map<std::int32_t, std::vector<TokenId>> tokens;  // by choice
  std::map<std::int32_t, int> num_ends;
  int num_finished = 0;
  int num_rejected = 0;
};

/// What one run saw, so that the tests can say that the traffic was heavy enough to mean something.
struct Seen {
  std::int64_t num_steps = 0;
  std::int64_t num_swaps = 0;
  std::int64_t num_recomputes = 0;
  std::int64_t num_copies = 0;
  std::int64_t num_hit_tokens = 0;
  std::int64_t num_demoted = 0;
  std::int64_t num_promoted = 0;
  std::int64_t num_forks = 0;
  std::int64_t num_failures = 0;

  void add(const Seen& other) {
    num_steps += other.num_steps;
    num_swaps += other.num_swaps;
    num_recomputes += other.num_recomputes;
    num_copies += other.num_copies;
    num_hit_tokens += other.num_hit_tokens;
    num_demoted += other.num_demoted;
    num_promoted += other.num_promoted;
    num_forks += other.num_forks;
    num_failures += other.num_failures;
  }
};

class Ring {
 public:
  explicit Ring(std::uint64_t seed, bool may_fail = false)
      : random_(seed),
        may_fail_(may_fail),
        config_(testing::random_engine(random_)),
        scheduler_(config_),
        blocks_(config_.cache(7)),
        executor_(config_.num_blocks, config_.block_size, kVocabSize, config_.num_host_blocks) {
    executor_.holds_transfers = pick(0, 2) > 0;
  }

  void run(int num_events) {
    for (int i = 0; i < num_events; ++i) {
      now_ += std::chrono::milliseconds(pick(0, 20));
      const int what = pick(0, 99);
      if (what < 12)
        submit();
      else if (what < 16 && next_request_ > 1)
        cancel();
      else if (what < 21 && next_request_ > 1)
        preempt();
      else if (what < 55)
        plan();
      else if (what < 65)
        transfer();
      else if (!batches_.empty())
        complete();
      listen();
    }
    int num_idle = 0;
    for (bool busy = true; busy; listen()) {  // Let everything end.
      REQUIRE(++num_idle < 100'000);
      busy = false;
      while (plan()) busy = true;
      if (executor_.num_transfers() > 0) busy = true, transfer();
      if (!batches_.empty()) busy = true, complete();
    }
  }

  void check_ends() {
    CHECK(scheduler_.is_idle());
    CHECK(blocks_.num_free() == blocks_.num_blocks());
    CHECK(blocks_.audit().host.num_owned == 0);
    CHECK(blocks_.audit().host.num_in_transfer == 0);
    CHECK(blocks_.num_sequences() == 0);
    CHECK(blocks_.num_table_blocks() == 0);
    CHECK(blocks_.num_tokens_held() == 0);
    if (seen.num_failures == 0) CHECK(executor_.num_sequences() == 0);
    for (const auto& [id, told] : told_) {
      CAPTURE(id.value);
      CHECK(told.num_finished + told.num_rejected == 1);
      for (const auto& [choice, ends] : told.num_ends) CHECK(ends == 1);
    }
    seen.num_copies = blocks_.totals().num_copied;
    seen.num_hit_tokens = blocks_.totals().num_hit_tokens;
    seen.num_demoted = blocks_.totals().num_demoted;
    seen.num_promoted = blocks_.totals().num_promoted;
    seen.num_swaps = scheduler_.status().num_preemptions_swap;
    seen.num_recomputes = scheduler_.status().num_preemptions_recompute;
  }

  std::string bytes;
  Seen seen;
  const std::map<RequestId, Told>& told() const { return told_; }

 private:
  int pick(int low, int high) { return std::uniform_int_distribution<int>(low, high)(random_); }

  void submit() {
    Request request;
    request.id = RequestId{next_request_++};
    const bool continues = pick(0, 2) == 0 && !prompts_.empty();
    if (continues) {  // Perhaps with all that was answered: a conversation goes on, or branches.
      const RequestId parent{
          static_cast<std::uint64_t>(pick(1, static_cast<int>(prompts_.size())))};
      request.prompt = prompts_[parent];
      const std::vector<TokenId>& heard = told_[parent].tokens[0];
      request.prompt.insert(request.prompt.end(), heard.begin(), heard.end());
    }
    const int num_new = pick(continues ? 1 : 0, continues ? 8 : 40);
    for (int i = 0; i < num_new; ++i) request.prompt.push_back(pick(0, kVocabSize - 1));
    request.sampling.max_tokens = pick(0, 30);
    request.sampling.ignore_eos = pick(0, 1) == 1;
    request.sampling.n = pick(0, 3) == 0 ? pick(2, 4) : 1;
    if (pick(0, 5) == 0) {
      request.sampling.beam_width = request.sampling.n + pick(0, 2);
      request.sampling.early_stopping = static_cast<EarlyStopping>(pick(0, 2));
    }
    request.priority = pick(-1, 1);
    request.tenant = static_cast<std::uint64_t>(pick(0, 2));
    request.cache_namespace = request.tenant;
    if (pick(0, 9) == 0) request.deadline = now_ + std::chrono::milliseconds(pick(0, 500));
    told_[request.id];
    prompts_[request.id] = request.prompt;
    beams_[request.id] = request.sampling.is_beam_search();
    scheduler_.submit(std::move(request), now_);
  }

  /// Most likely one that still runs.
  RequestId any_request() {
    const int last = static_cast<int>(next_request_) - 1;
    return RequestId{static_cast<std::uint64_t>(pick(std::max(1, last - 8), last))};
  }
  void cancel() {
    const auto reason = pick(0, 1) == 0 ? CancelReason::kClientCancelled : CancelReason::kSteered;
    scheduler_.cancel(any_request(), reason, now_, pick(-1, 2));
  }
  void preempt() {
    scheduler_.preempt(any_request(),
                       pick(0, 1) == 0 ? PreemptionMode::kSwap : PreemptionMode::kRecompute);
  }

  bool plan() {
    auto plan = scheduler_.plan(now_);
    if (!plan) return false;
    bytes += testing::plan_bytes(*plan);
    std::int32_t num_tokens = 0;
    for (const auto& each : plan->scheduled) num_tokens += each.num_tokens;
    CHECK(num_tokens <= config_.max_num_batched_tokens);
    CHECK(static_cast<std::int32_t>(plan->scheduled.size()) <= config_.max_num_seqs);
    seen.num_forks += static_cast<std::int64_t>(plan->forks.size());
    for (const auto& each : plan->scheduled) seen.num_forks += each.twin_of >= 0 ? 1 : 0;
    batches_.push_back(blocks_.reserve(std::move(*plan)));
    const BlockAudit audit = blocks_.audit();
    INFO(audit.fault);
    CHECK(audit.is_consistent);
    CHECK(scheduler_.status().num_free_blocks <= blocks_.num_free());
    ++seen.num_steps;
    return true;
  }

  void complete() {
    // A device that fell over fails all that it has been given.
    if (may_fail_ && pick(0, 60) == 0) fails_until_ = batches_.back().id;
    executor_.fail_next = batches_.front().id <= fails_until_;
    auto result = executor_.execute(batches_.front());
    const StepId step = batches_.front().id;
    batches_.pop_front();
    if (result) return scheduler_.complete(*result, now_);
    ++seen.num_failures;
    scheduler_.fail(step, result.error(), now_);
  }

  // Later than its step, and perhaps without any.
  void transfer() {
    std::vector<TransferId> finished;
    executor_.finish_transfers(static_cast<std::size_t>(pick(1, 2)), finished);
    scheduler_.finish_transfers(finished);
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
      // Preempted, chunked, shared or crowded: the same token.
      if (!beams_[event.request]) CHECK(each.token == testing::next_token(context, kVocabSize));
      heard.push_back(each.token);
    }
    if (event.finished) ++told.num_ends[event.choice];
  }

  std::mt19937_64 random_;
  bool may_fail_;
  SchedulerConfig config_;
  Scheduler scheduler_;
  BlockManager blocks_;
  testing::FakeExecutor executor_;
  TimePoint now_{};
  std::deque<StepBatch> batches_;
  StepId fails_until_;
  std::uint64_t next_request_ = 1;
  std::map<RequestId, Told> told_;
  std::map<RequestId, bool> beams_;
  std::map<RequestId, std::vector<TokenId>> prompts_;
};

/// OCTAVO_PROPERTY_STEPS audited steps in all; a million unless told otherwise.
std::int64_t num_steps_wanted() {
  const char* asked = std::getenv("OCTAVO_PROPERTY_STEPS");
  return asked == nullptr ? 1'000'000 : std::atoll(asked);
}

Seen run_until(std::int64_t num_steps, std::uint64_t first_seed, bool may_fail) {
  Seen seen;
  for (std::uint64_t seed = first_seed; seen.num_steps < num_steps; ++seed) {
    CAPTURE(seed);
    Ring ring(seed, may_fail);
    ring.run(1000);
    ring.check_ends();
    seen.add(ring.seen);
  }
  return seen;
}

}  // namespace

TEST_CASE(
    "no block is lost or owned twice and every request ends exactly once under random traffic") {
  const Seen seen = run_until(num_steps_wanted(), 1, false);
  CHECK(seen.num_swaps * 400 > seen.num_steps);
  CHECK(seen.num_recomputes * 200 > seen.num_steps);
  CHECK(seen.num_copies * 100 > seen.num_steps);
  CHECK(seen.num_forks * 100 > seen.num_steps);
  CHECK(seen.num_hit_tokens * 10 > seen.num_steps);
  CHECK(seen.num_demoted * 10 > seen.num_steps);
  CHECK(seen.num_promoted * 50 > seen.num_steps);
}

TEST_CASE("steps that fail lose no block, and nothing they should have written is found again") {
  const Seen seen = run_until(num_steps_wanted() / 10, 1'000'000, true);
  CHECK(seen.num_failures > 10);
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
