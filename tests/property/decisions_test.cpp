// What scheduler and block manager decided for 200 seeds of random traffic, kept as hashes. A
// change of their structure must leave all of them as they are; a change of what they decide
// records them anew, with OCTAVO_RECORD_DECISIONS=1 in the environment, in a commit that says why.
#include <cstdlib>
#include <fstream>
#include <iomanip>
#include <sstream>

#include "tests/support/catch.hpp"
#include "tests/support/random_ring.hpp"

using namespace octavo;
using testing::RandomRing;
using testing::WordHash;

namespace {

constexpr std::uint64_t kNumSeeds = 200;

/// Everything that a plan, a batch, a result and an event say, word by word.
class Decisions {
 public:
  explicit Decisions(RandomRing& ring) {
    ring.on_plan = [this](const StepPlan& plan) { add(plan); };
    ring.on_batch = [this](const StepBatch& batch) { add(batch); };
    ring.on_result = [this](const StepResult& result) { add(result); };
    ring.on_event = [this](const RequestEvent& event) {
      hash_.add(event.index());
      std::visit([this](const auto& each) { add(each); }, event);
    };
  }
  std::uint64_t value() const { return hash_.value(); }

 private:
  void add(const StepPlan& plan) {
    hash_.add(plan.id.value);
    for (const TransferId& each : plan.transfers_finished) add(each);
    for (StepId each : plan.failed) hash_.add(each.value);
    for (const AppendedToken& each : plan.appended) {
      hash_.add(each.sequence.value);
      hash_.add_signed(each.token);
    }
    for (const Preemption& each : plan.preempted) {
      hash_.add(each.id.value);
      hash_.add(each.mode == PreemptionMode::kSwap ? 1 : 0);
    }
    hash_.add_signed(plan.num_demotions);
    for (SequenceId each : plan.promotions) hash_.add(each.value);
    for (const ScheduledSequence& each : plan.scheduled) add(each);
  }

  void add(const StepBatch& batch) {
    for (const Fork& each : batch.forks) {
      hash_.add(each.parent.value);
      hash_.add(each.child.value);
    }
    for (SequenceId each : batch.released) hash_.add(each.value);
    for (const SequenceStart& each : batch.starts) add(each);
    for (const StartedSequence& each : batch.receipt.started) {
      hash_.add(each.id.value);
      hash_.add_signed(each.num_cached_tokens);
      hash_.add_signed(each.num_scheduled_tokens);
      hash_.add(each.promotes ? 1 : 0);
    }
    for (const ScheduledSequence& each : batch.scheduled) add(each);
    for (BlockId each : batch.block_tables) hash_.add_signed(each.value);
    for (const BlockCopy& each : batch.copies) add(each);
    for (const auto* transfers : {&batch.demotions, &batch.promotions}) {
      for (const Transfer& each : *transfers) {
        add(each.id);
        for (const BlockCopy& copy : each.copies) add(copy);
      }
    }
    hash_.add_signed(batch.receipt.credits.num_free);
    hash_.add_signed(batch.receipt.credits.num_cached);
    hash_.add_signed(batch.receipt.credits.num_host_free);
  }

  void add(const StepResult& result) {
    for (const SampledToken& each : result.sampled) {
      hash_.add(each.sequence.value);
      hash_.add_signed(each.token);
      for (const TokenLogprob& top : each.top) hash_.add_signed(top.id);
    }
  }

  void add(const RequestAccepted& event) { hash_.add(event.request.value); }
  void add(const TokensGenerated& event) {
    hash_.add(event.request.value);
    hash_.add_signed(event.choice);
    for (const SampledToken& each : event.tokens) hash_.add_signed(each.token);
    hash_.add(event.finished ? 1 + static_cast<std::uint64_t>(*event.finished) : 0);
  }
  void add(const RequestPreempted& event) {
    hash_.add(event.request.value);
    hash_.add(event.mode == PreemptionMode::kSwap ? 1 : 0);
  }
  void add(const RequestProgressed&) {}  // Nobody has asked for it.
  void add(const PromptLogprobsComputed&) {}
  void add(const RequestResumed& event) {
    hash_.add(event.request.value);
    hash_.add(event.mode == PreemptionMode::kSwap ? 1 : 0);
  }
  void add(const RequestFinished& event) {
    hash_.add(event.request.value);
    hash_.add(static_cast<std::uint64_t>(event.reason));
    hash_.add_signed(event.usage.num_prompt_tokens);
    hash_.add_signed(event.usage.num_completion_tokens);
    hash_.add_signed(event.usage.num_cached_tokens);
    hash_.add_signed(event.timings.ttft.count());
    hash_.add_signed(event.num_preemptions);
    hash_.add_signed(event.num_shared_blocks);
  }
  void add(const RequestRejected& event) {
    hash_.add(event.request.value);
    hash_.add(static_cast<std::uint64_t>(event.error.code));
  }

  void add(const SequenceStart& start) {
    hash_.add(start.id.value);
    hash_.add(start.request.value);
    for (TokenId token : start.tokens) hash_.add_signed(token);
    hash_.add_signed(start.num_prompt_tokens);
    hash_.add(start.sampling.seed.value_or(0));
    hash_.add_signed(start.sampling.max_tokens);
    hash_.add(start.sibling ? 1 + start.sibling->value : 0);
    hash_.add(start.is_twin ? 1 : 0);
    hash_.add_signed(start.reservation ? start.reservation->first.value : -1);
  }
  void add(const ScheduledSequence& scheduled) {
    hash_.add(scheduled.id.value);
    hash_.add_signed(scheduled.first_position);
    hash_.add_signed(scheduled.num_tokens);
    hash_.add(scheduled.samples ? 1 : 0);
    hash_.add_signed(scheduled.twin_of);
  }
  void add(const TransferId& id) {
    hash_.add(id.step.value);
    hash_.add(id.request.value);
    hash_.add(id.direction == TransferDirection::kDemote ? 0 : 1);
  }
  void add(const BlockCopy& copy) {
    hash_.add_signed(copy.source.value);
    hash_.add_signed(copy.destination.value);
  }

  WordHash hash_;
};

/// One line a seed: the seed, the hash of its traffic, the hash of its decisions.
std::string line_of(std::uint64_t seed) {
  RandomRing ring(seed, {.failing_steps = seed % 4 == 0, .bad_tokens = seed % 4 == 1});
  Decisions decisions(ring);
  REQUIRE(ring.run(1000));
  std::ostringstream line;
  line << std::dec << seed << std::hex << std::setfill('0') << ' ' << std::setw(16)
       << ring.traffic_hash() << ' ' << std::setw(16) << decisions.value();
  return line.str();
}

std::string path_of_hashes() {
  return std::string(std::getenv("OCTAVO_TESTS_DIR")) + "/property/decisions.txt";
}

}  // namespace

TEST_CASE("200 seeds of random traffic are decided as they were when their hashes were recorded") {
  if (std::getenv("OCTAVO_RECORD_DECISIONS") != nullptr) {
    std::ofstream file(path_of_hashes());
    for (std::uint64_t seed = 1; seed <= kNumSeeds; ++seed) file << line_of(seed) << '\n';
    REQUIRE(file.good());
  }
  std::ifstream file(path_of_hashes());
  std::string recorded;
  for (std::uint64_t seed = 1; seed <= kNumSeeds; ++seed) {
    REQUIRE(std::getline(file, recorded));
    CHECK(recorded == line_of(seed));
  }
}
