// What the engine costs beside the model: scheduler, block manager and the actors' hops for each
// step of 64 decoding sequences, with an executor that answers at once. JSON on standard output,
// microseconds and processor ticks of the median step.
#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdio>
#include <span>
#include <thread>
#include <vector>

#include "actors/ring/ring.hpp"

using namespace octavo;

namespace {

constexpr std::int32_t kSequences = 64;
constexpr std::int32_t kTokens = 2000;

class NullExecutor final : public ImmediateExecutor {
 public:
  Result<StepResult> execute(const StepBatch& batch) override {
    StepResult result;
    result.id = batch.id;
    for (const ScheduledSequence& each : batch.scheduled) {
      if (each.samples) result.sampled.push_back({each.id, 1, std::nullopt, {}});
    }
    ++num_steps;
    return result;
  }
  int num_steps = 0;
};

SchedulerConfig config() {
  SchedulerConfig made;
  made.num_blocks = 64 * 256;
  made.max_model_len = 4096;
  made.max_num_batched_tokens = 4096;
  return made;
}

Request request(std::uint64_t id) {
  Request made;
  made.id = RequestId{id};
  made.prompt.assign(32, 1);
  made.sampling.max_tokens = kTokens;
  return made;
}

// The processor's own counter; a steady rate that does not follow the clock speed.
std::uint64_t ticks() {
#if defined(__x86_64__)
  return __builtin_ia32_rdtsc();
#elif defined(__aarch64__)
  std::uint64_t count = 0;
  asm volatile("mrs %0, cntvct_el0" : "=r"(count));
  return count;
#else
  return 0;
#endif
}

double now_us() {
  return std::chrono::duration<double, std::micro>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

struct Moment {
  double us = now_us();
  std::uint64_t tick = ticks();
};

/// The times of one step.
struct Cost {
  double us = 0;
  double ticks = 0;
};

Cost between(const Moment& from, const Moment& to) {
  return {to.us - from.us, static_cast<double>(to.tick - from.tick)};
}

Cost operator+(const Cost& a, const Cost& b) { return {a.us + b.us, a.ticks + b.ticks}; }

// The median of all steps; the mean would depend on what else the machine did.
Cost median(std::vector<Cost> costs) {
  if (costs.empty()) return {};
  const auto middle = costs.begin() + static_cast<std::ptrdiff_t>(costs.size() / 2);
  std::nth_element(costs.begin(), middle, costs.end(),
                   [](const Cost& a, const Cost& b) { return a.us < b.us; });
  return *middle;
}

struct PureCost {
  Cost scheduler;      ///< plan + complete
  Cost block_manager;  ///< reserve
};

// The pure rooms alone, microseconds per step of num_sequences that decode.
PureCost pure_cost(std::int32_t num_sequences, std::int32_t num_tokens) {
  SchedulerConfig made = config();
  made.num_blocks = num_sequences * 256;
  made.max_num_seqs = num_sequences;
  made.max_num_batched_tokens = num_sequences * 40;
  Scheduler scheduler(made);
  BlockManager blocks(made.cache());
  NullExecutor executor;
  for (std::int32_t id = 1; id <= num_sequences; ++id) {
    Request each = request(static_cast<std::uint64_t>(id));
    each.sampling.max_tokens = num_tokens;
    scheduler.submit(std::move(each), {});
  }
  std::vector<Cost> scheduler_costs;
  std::vector<Cost> block_manager_costs;
  for (;;) {
    const Moment start;
    auto plan = scheduler.plan({});
    if (!plan) break;
    const Moment planned;
    const StepBatch batch = blocks.reserve(std::move(*plan));
    const Moment reserved;
    const StepResult result = *executor.execute(batch);
    const Moment executed;
    scheduler.complete(batch.receipt, result, {});
    scheduler.take_events();
    const Moment completed;
    if (static_cast<std::int32_t>(batch.scheduled.size()) != num_sequences) continue;
    if (!batch.starts.empty()) continue;
    scheduler_costs.push_back(between(start, planned) + between(executed, completed));
    block_manager_costs.push_back(between(planned, reserved));
  }
  return {median(std::move(scheduler_costs)), median(std::move(block_manager_costs))};
}

// A prompt of 2,000 tokens, all of it cached: what finding it costs, microseconds.
double prefix_lookup_us() {
  constexpr std::int32_t kBlockSize = 16;
  PrefixIndex index(4096, kBlockSize, 1);
  std::vector<TokenId> prompt(2000);
  for (std::size_t i = 0; i < prompt.size(); ++i)
    prompt[i] = static_cast<TokenId>(i * 7919 % 32000);
  const std::size_t num_blocks = prompt.size() / kBlockSize;
  const auto tokens = [&](std::size_t block) {
    return std::span<const TokenId>(prompt).subspan(block * kBlockSize, kBlockSize);
  };
  PrefixPosition at = index.root(0);
  for (std::size_t i = 0; i < num_blocks; ++i) {
    PrefixPosition next = index.next(at, tokens(i));
    next.content = index.insert(next, at.content, tokens(i));
    index.set_place(next.content, Tier::kDevice, BlockId{static_cast<std::int32_t>(i)});
    at = next;
  }
  constexpr int kRounds = 2000;
  std::size_t num_found = 0;
  std::vector<Cost> costs;
  for (int round = 0; round < kRounds; ++round) {
    const Moment start;
    PrefixPosition position = index.root(0);
    for (std::size_t i = 0; i < num_blocks; ++i) {
      position = index.next(position, tokens(i));
      num_found += index.place(position.content, Tier::kDevice) ? 1 : 0;
    }
    costs.push_back(between(start, Moment()));
  }
  return num_found == kRounds * num_blocks ? median(std::move(costs)).us : -1.0;
}

asio::awaitable<void> listen(Mailbox<SessionMessage>* mailbox) {
  for (int num_ended = 0; num_ended < kSequences;) {
    auto message = co_await mailbox->receive();
    if (!message) break;
    for (const RequestEvent& event : std::get<SessionEvents>(*message)) {
      num_ended += std::holds_alternative<RequestFinished>(event) ? 1 : 0;
    }
  }
}

// The ring on its three threads, events included.
double ring_us_per_step() {
  asio::io_context engine(1);
  asio::io_context device(1);
  asio::io_context io(1);
  auto engine_work = asio::make_work_guard(engine);
  auto device_work = asio::make_work_guard(device);
  EngineStatus status;
  NullExecutor executor;
  Supervisor supervisor([](const ActorExited&) {});
  Ring ring(engine.get_executor(), device.get_executor(), config(), executor, status,
            [] { return std::chrono::steady_clock::now(); });
  Mailbox<SessionMessage> mailbox(io.get_executor());
  ring.start(supervisor);
  supervisor.spawn(io.get_executor(), "listener", listen(&mailbox));
  for (std::uint64_t id = 1; id <= kSequences; ++id)
    ring.scheduler().send(SubmitRequest{request(id), mailbox.address()});
  const double start = now_us();
  std::thread engine_thread([&] { engine.run(); });
  std::thread device_thread([&] { device.run(); });
  io.run();
  const double elapsed = now_us() - start;
  ring.stop(CancelReason::kShutdown);
  engine_work.reset();
  device_work.reset();
  engine_thread.join();
  device_thread.join();
  return elapsed / executor.num_steps;
}

}  // namespace

int main() {
  const PureCost few = pure_cost(kSequences, kTokens);
  std::printf("{\"sequences\":%d,\"pure_us_per_step\":%.1f,\"ring_us_per_step\":%.1f", kSequences,
              few.scheduler.us + few.block_manager.us, ring_us_per_step());
  for (const std::int32_t num_sequences : {256, 1024, 4096}) {
    const PureCost cost = pure_cost(num_sequences, 300);
    std::printf(",\"scheduler_us_%d\":%.1f,\"block_manager_us_%d\":%.1f", num_sequences,
                cost.scheduler.us, num_sequences, cost.block_manager.us);
    std::printf(",\"scheduler_ticks_%d\":%.0f,\"block_manager_ticks_%d\":%.0f", num_sequences,
                cost.scheduler.ticks, num_sequences, cost.block_manager.ticks);
  }
  std::printf(",\"prefix_lookup_us\":%.2f}\n", prefix_lookup_us());
}
