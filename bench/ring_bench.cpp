// What the engine costs beside the model: scheduler, block manager and the actors' hops for each
// step of 64 decoding sequences, with an executor that answers at once. JSON on standard output,
// microseconds per step.
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdio>
#include <thread>

#include "actors/ring.hpp"

using namespace octavo;

namespace {

constexpr std::int32_t kSequences = 64;
constexpr std::int32_t kTokens = 2000;

class NullExecutor final : public StepExecutor {
 public:
  Result<StepResult> execute(const StepBatch& batch) override {
    StepResult result;
    result.id = batch.id;
    result.credits = batch.credits;
    result.started = batch.started;
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

double now_us() {
  return std::chrono::duration<double, std::micro>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

// The pure rooms alone: plan, reserve, complete.
double pure_us_per_step() {
  Scheduler scheduler(config());
  BlockManager blocks(config().cache());
  NullExecutor executor;
  for (std::uint64_t id = 1; id <= kSequences; ++id) scheduler.submit(request(id), {});
  const double start = now_us();
  while (auto plan = scheduler.plan({})) {
    const StepBatch batch = blocks.reserve(std::move(*plan));
    scheduler.complete(*executor.execute(batch), {});
    scheduler.take_events();
  }
  return (now_us() - start) / executor.num_steps;
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
  std::printf("{\"sequences\":%d,\"pure_us_per_step\":%.1f,\"ring_us_per_step\":%.1f}\n",
              kSequences, pure_us_per_step(), ring_us_per_step());
}
