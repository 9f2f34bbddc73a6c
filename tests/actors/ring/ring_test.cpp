#include "actors/ring/ring.hpp"

#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <boost/asio/io_context.hpp>
#include <random>
#include <sstream>
#include <thread>

#include "tests/support/catch.hpp"
#include "tests/support/delayed_executor.hpp"
#include "tests/support/fake_executor.hpp"

using namespace octavo;

namespace {

SchedulerConfig config_of(std::int32_t num_blocks, std::int32_t num_host_blocks) {
  SchedulerConfig config;
  config.num_blocks = num_blocks;
  config.num_host_blocks = num_host_blocks;
  if (num_host_blocks > 0) config.preemption_mode = PreemptionMode::kSwap;
  config.block_size = 4;
  config.max_model_len = 64;
  config.max_num_seqs = 8;
  config.max_num_batched_tokens = 32;
  return config;
}

Request request(std::uint64_t id, std::int32_t max_tokens) {
  Request made;
  made.id = RequestId{id};
  made.prompt = {1, 2, static_cast<TokenId>(id % 50)};
  made.sampling.max_tokens = max_tokens;
  return made;
}

/// Keeps which requests came and which ended.
class Ends final : public SchedulerJournal {
 public:
  void submitted(const Request& request, TimePoint) override { came.push_back(request.id); }
  void cancelled(RequestId, CancelReason, TimePoint, std::int32_t) override {}
  void asked_to_preempt(RequestId, PreemptionMode) override {}
  void planned(const StepPlan*, TimePoint) override {}
  void completed(const StepReceipt&, const StepResult&, TimePoint) override {}
  void failed(StepId, const Error&, TimePoint) override {}
  void transferred(const std::vector<TransferId>&) override {}
  void ended(RequestId request, TimePoint) override { over.push_back(request); }

  std::vector<RequestId> came;
  std::vector<RequestId> over;
};

/// An engine on real threads.
template <class Executor = testing::FakeExecutor>
struct Engine {
  explicit Engine(std::int32_t num_blocks, std::int32_t num_host_blocks = 0,
                  SchedulerJournal* journal = nullptr)
      : executor(num_blocks, 4, 50, num_host_blocks),
        ring(
            engine.get_executor(), device.get_executor(), config_of(num_blocks, num_host_blocks),
            executor, status, [] { return std::chrono::steady_clock::now(); }, 0, journal,
            [this](const std::string&) { ++num_losses; }) {
    ring.start(supervisor);
    threads.emplace_back([this] { engine.run(); });
    threads.emplace_back([this] { device.run(); });
  }
  void stop_and_join() {
    ring.stop(CancelReason::kShutdown);
    engine_work.reset();
    device_work.reset();
    for (auto& thread : threads) thread.join();
  }

  asio::io_context engine{1};
  asio::io_context device{1};
  asio::executor_work_guard<asio::io_context::executor_type> engine_work{engine.get_executor()};
  asio::executor_work_guard<asio::io_context::executor_type> device_work{device.get_executor()};
  EngineStatus status;
  Executor executor;
  std::atomic<int> num_errors{0};
  std::atomic<int> num_losses{0};
  Supervisor supervisor{[this](const ActorExited& exited) { num_errors += exited.error ? 1 : 0; }};
  Ring ring;
  std::vector<std::thread> threads;
};

asio::awaitable<void> listen(Mailbox<SessionMessage>* mailbox, int* num_ended, int num_expected) {
  while (*num_ended < num_expected) {
    auto message = co_await mailbox->receive();
    if (!message) break;
    for (const RequestEvent& event : std::get<SessionEvents>(*message)) {
      if (std::holds_alternative<RequestFinished>(event) ||
          std::holds_alternative<RequestRejected>(event))
        ++*num_ended;
    }
  }
}

}  // namespace

TEST_CASE("requests go round the ring and every one ends exactly once") {
  Engine<> engine(64);
  asio::io_context io(1);
  Mailbox<SessionMessage> mailbox(io.get_executor());
  int num_ended = 0;
  Supervisor supervisor([](const ActorExited&) {});
  supervisor.spawn(io.get_executor(), "listener", listen(&mailbox, &num_ended, 50));
  for (std::uint64_t id = 1; id <= 50; ++id)
    engine.ring.scheduler().send(SubmitRequest{request(id, 10), mailbox.address()});
  io.run();
  CHECK(num_ended == 50);
  engine.stop_and_join();
  CHECK(engine.num_errors == 0);
  CHECK(engine.ring.blocks().num_free() == 64);
  CHECK(engine.ring.is_idle());
}

TEST_CASE("a journal is told once of every end, also of who never started") {
  Ends journal;
  Engine<> engine(64, 0, &journal);
  asio::io_context io(1);
  Mailbox<SessionMessage> mailbox(io.get_executor());
  int num_ended = 0;
  Supervisor supervisor([](const ActorExited&) {});
  supervisor.spawn(io.get_executor(), "listener", listen(&mailbox, &num_ended, 3));
  engine.ring.scheduler().send(SubmitRequest{request(1, 10), mailbox.address()});
  Request too_long = request(2, 10);
  too_long.prompt.assign(100, 1);
  engine.ring.scheduler().send(SubmitRequest{std::move(too_long), mailbox.address()});
  engine.ring.scheduler().send(SubmitRequest{request(3, 50), mailbox.address()});
  engine.ring.scheduler().send(CancelRequest{RequestId{3}, CancelReason::kClientGone});
  io.run();
  engine.stop_and_join();
  CHECK(journal.came == std::vector<RequestId>{RequestId{1}, RequestId{2}, RequestId{3}});
  std::sort(journal.over.begin(), journal.over.end());
  CHECK(journal.over == journal.came);
}

TEST_CASE("the engine stops cleanly a thousand times, whatever is under way") {
  std::mt19937 random(7);
  for (int round = 0; round < 1000; ++round) {
    Engine<> engine(16);
    asio::io_context io(1);
    Mailbox<SessionMessage> mailbox(io.get_executor());
    const int num_requests = static_cast<int>(random() % 6);
    for (int i = 0; i < num_requests; ++i) {
      engine.ring.scheduler().send(
          SubmitRequest{request(static_cast<std::uint64_t>(i) + 1, 20), mailbox.address()});
    }
    if (random() % 2 == 0)
      engine.ring.scheduler().send(CancelRequest{RequestId{1}, CancelReason::kClientGone});
    if (random() % 3 == 0) std::this_thread::yield();
    engine.stop_and_join();
    REQUIRE(engine.num_errors == 0);
    REQUIRE(engine.supervisor.num_running() == 0);
    REQUIRE(engine.ring.blocks().num_free() == 16);
    REQUIRE(engine.ring.blocks().is_consistent());
    REQUIRE(engine.ring.is_idle());
  }
}

TEST_CASE("a step that fails ends its requests with the error and the ring goes on") {
  Engine<> engine(64);
  engine.executor.fail_next = true;
  asio::io_context io(1);
  Mailbox<SessionMessage> mailbox(io.get_executor());
  int num_ended = 0;
  Supervisor supervisor([](const ActorExited&) {});
  supervisor.spawn(io.get_executor(), "listener", listen(&mailbox, &num_ended, 1));
  engine.ring.scheduler().send(SubmitRequest{request(1, 10), mailbox.address()});
  io.run();
  CHECK(num_ended == 1);
  io.restart();
  supervisor.spawn(io.get_executor(), "listener", listen(&mailbox, &num_ended, 2));
  engine.ring.scheduler().send(SubmitRequest{request(2, 10), mailbox.address()});
  io.run();
  CHECK(num_ended == 2);
  engine.stop_and_join();
  CHECK(engine.ring.blocks().num_free() == 64);
}

TEST_CASE("a step that fails leaves its number and its cause in the log") {
  std::ostringstream log;
  const auto before = spdlog::default_logger();
  spdlog::set_default_logger(std::make_shared<spdlog::logger>(
      "test", std::make_shared<spdlog::sinks::ostream_sink_mt>(log)));
  {
    Engine<> engine(64);
    engine.executor.fail_next = true;
    asio::io_context io(1);
    Mailbox<SessionMessage> mailbox(io.get_executor());
    int num_ended = 0;
    Supervisor supervisor([](const ActorExited&) {});
    supervisor.spawn(io.get_executor(), "listener", listen(&mailbox, &num_ended, 1));
    engine.ring.scheduler().send(SubmitRequest{request(1, 10), mailbox.address()});
    io.run();
    engine.stop_and_join();
  }
  spdlog::set_default_logger(before);
  INFO(log.str());
  CHECK(log.str().find("[error] engine: step=1 failed error=\"the device fell over\"") !=
        std::string::npos);
}

TEST_CASE("two steps are on their way at once, and transfers that outlast them are heard of") {
  Engine<testing::DelayedExecutor> engine(12, 64);
  asio::io_context io(1);
  Mailbox<SessionMessage> mailbox(io.get_executor());
  int num_ended = 0;
  Supervisor supervisor([](const ActorExited&) {});
  supervisor.spawn(io.get_executor(), "listener", listen(&mailbox, &num_ended, 40));
  for (std::uint64_t id = 1; id <= 40; ++id)
    engine.ring.scheduler().send(SubmitRequest{request(id, 30), mailbox.address()});
  io.run();
  CHECK(num_ended == 40);
  engine.stop_and_join();
  CHECK(engine.num_errors == 0);
  CHECK(engine.executor.most_in_flight == 2);
  CHECK(engine.status.num_preemptions_swap > 0);
  CHECK(engine.executor.num_waited_transfers > 0);
  CHECK(engine.ring.is_idle());
  CHECK(engine.ring.blocks().num_free() == 12);
}

TEST_CASE("a lost device fails what is in flight and is told once") {
  Engine<testing::DelayedExecutor> engine(64);
  asio::io_context io(1);
  Mailbox<SessionMessage> mailbox(io.get_executor());
  int num_ended = 0;
  Supervisor supervisor([](const ActorExited&) {});
  supervisor.spawn(io.get_executor(), "listener", listen(&mailbox, &num_ended, 9));
  for (std::uint64_t id = 1; id <= 8; ++id)
    engine.ring.scheduler().send(SubmitRequest{request(id, 50), mailbox.address()});
  while (engine.status.steps.num_steps() < 3) std::this_thread::yield();
  engine.executor.is_lost = true;
  engine.ring.scheduler().send(SubmitRequest{request(9, 50), mailbox.address()});
  io.run();
  CHECK(num_ended == 9);
  engine.stop_and_join();
  CHECK(engine.num_losses == 1);
  CHECK(engine.num_errors == 0);
  CHECK(engine.ring.is_idle());
}
